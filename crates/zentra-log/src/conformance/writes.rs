//! What a writer takes, when it can be read, and what the head says of it.

use crate::conformance::place::Place;
use crate::conformance::texts::{frame, put, texts};
use crate::error::AppendError;
use crate::frame::PendingFrame;
use zentra_events::Position;
use zentra_events::limits::FRAME_BYTES_MAX;

pub(super) fn nothing_is_read_before_it_is_synced(place: &mut impl Place) {
    let mut log = place.open();
    let reader = log.reader();
    let head = log.append(&[frame(&["a", "b"]), frame(&["c"])]).unwrap();
    assert_eq!((head, head.next), (log.head(), Position(3)));
    assert_eq!(reader.durable(), Position::ZERO);
    assert_eq!(reader.read(Position::ZERO).unwrap(), None);
    assert!(texts(reader.as_ref()).is_empty());
    log.append(&[frame(&["d"])]).unwrap();
    assert_eq!(log.sync().unwrap(), Position(4), "one sync for all that was appended");
    assert_eq!(reader.durable(), Position(4));
    assert_eq!(texts(reader.as_ref()), ["a", "b", "c", "d"]);
    assert_eq!(texts(log.reader().as_ref()), texts(reader.as_ref()));
}

pub(super) fn frames_that_break_a_limit_change_nothing(place: &mut impl Place) {
    let mut log = place.open();
    let head = log.head();
    let bad = |payloads: &[u8], ends: &[u32]| {
        let (payloads, ends) = (payloads.to_vec(), ends.to_vec());
        [frame(&["good"]), PendingFrame { payloads, ends, ..frame(&[]) }]
    };
    let no_entries = log.append(&bad(b"", &[]));
    assert!(matches!(no_entries, Err(AppendError::NoEntries { frame: 1 })), "{no_entries:?}");
    for ends in [&[2][..], &[3, 1], &[4, 3], &[4]] {
        let refused = log.append(&bad(b"abc", ends));
        assert!(matches!(refused, Err(AppendError::EntryEnds { frame: 1 })), "{refused:?}");
    }
    let large = vec![0; FRAME_BYTES_MAX];
    let (half, all) = (FRAME_BYTES_MAX as u32 / 2, FRAME_BYTES_MAX as u32);
    let refused = log.append(&bad(&large, &[half, all]));
    assert!(matches!(refused, Err(AppendError::FrameTooLarge { frame: 1, .. })), "{refused:?}");
    let refused = log.append(&bad(&large[..half as usize + 1], &[half + 1]));
    let too_large = matches!(refused, Err(AppendError::EntryTooLarge { frame: 1, entry: 0, .. }));
    assert!(too_large, "{refused:?}");
    assert_eq!(log.head(), head);
    put(log.as_mut(), &["still works"]);
    assert_eq!(texts(log.reader().as_ref()), ["still works"]);
}

pub(super) fn any_size_of_frame_is_taken(place: &mut impl Place) {
    let large = "l".repeat(3 << 20);
    let written = ["", "a", &large, "b", &large, ""];
    let mut log = place.open();
    put(log.as_mut(), &written);
    log.append(&[frame(&["", "", &large, ""])]).unwrap();
    log.sync().unwrap();
    drop(log);
    let log = place.open();
    let found = texts(log.reader().as_ref());
    assert!(found[..6] == written && found[6..] == ["", "", &large, ""]);
}

pub(super) fn the_chain_depends_on_every_byte_and_on_nothing_else<P: Place>(
    place: &mut impl FnMut() -> P,
) {
    let mut chain = |frames: &[PendingFrame], together: bool| {
        let mut place = place();
        let mut log = place.open();
        if together {
            log.append(frames).unwrap();
        } else {
            for frame in frames {
                log.append(std::slice::from_ref(frame)).unwrap();
            }
        }
        log.head().chain
    };
    let frames = [frame(&["a", "bc"]), frame(&["d"])];
    let expected = chain(&frames, true);
    assert!(chain(&frames, false) == expected, "however the frames were appended");
    let others = [
        PendingFrame { codec: 2, ..frames[0].clone() },
        PendingFrame { shared: b"other".to_vec(), ..frames[0].clone() },
        PendingFrame { payloads: b"abd".to_vec(), ..frames[0].clone() },
        PendingFrame { ends: vec![2, 3], ..frames[0].clone() },
    ];
    for other in others {
        assert!(chain(&[other.clone(), frames[1].clone()], true) != expected, "{other:?}");
    }
    let [first, second] = frames;
    assert!(chain(&[second, first], true) != expected, "nor can frames change places");
}
