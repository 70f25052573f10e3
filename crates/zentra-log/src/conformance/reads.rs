//! What readers find: durable entries, in order, as they were written.

use crate::conformance::place::Place;
use crate::conformance::texts::{frame, put, texts, texts_of};
use crate::log::Head;
use std::ops::ControlFlow;
use zentra_events::Position;

pub(super) fn an_empty_log_has_nothing(place: &mut impl Place) {
    let mut log = place.open();
    let reader = log.reader();
    let head = log.head();
    assert_eq!((head.next, reader.durable()), (Position::ZERO, Position::ZERO));
    assert!(texts(reader.as_ref()).is_empty());
    assert_eq!(log.sync().unwrap(), Position::ZERO, "a sync of nothing does nothing");
    assert_eq!(log.append(&[]).unwrap(), head, "and so does an append of nothing");
    drop((log, reader));
    assert_eq!(place.open().head(), head, "an empty log opens again as it was");
}

pub(super) fn entries_come_back_by_position_and_in_order(place: &mut impl Place) {
    let mut log = place.open();
    let mut written = Vec::new();
    let mut chains = Vec::new();
    for number in 0..300 {
        let (a, b) = (format!("a{number}"), "b".repeat(number % 90));
        log.append(&[frame(&[&a, &b])]).unwrap();
        chains.push(log.head().chain);
        log.append(&[frame(&[&a])]).unwrap();
        chains.push(log.head().chain);
        log.sync().unwrap();
        written.extend([a.clone(), b, a]);
    }
    let head = log.head();
    assert_eq!(head.next, Position(900));
    assert_eq!(texts(log.reader().as_ref()), written);
    drop(log);

    let log = place.open();
    assert_eq!(log.head(), head, "the chain goes on where it was");
    assert_eq!(texts(log.reader().as_ref()), written);
    let mut found = Vec::new();
    log.reader()
        .scan(Position::ZERO, &mut |frame| {
            found.push(frame.chain);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(found == chains, "each frame tells the chain that the head had after it");
}

pub(super) fn a_scan_begins_with_the_frame_of_its_position_and_can_be_broken_off(
    place: &mut impl Place,
) {
    let mut log = place.open();
    for _ in 0..50 {
        log.append(&[frame(&["x", "y", "z"])]).unwrap();
    }
    log.sync().unwrap();
    let reader = log.reader();
    let bases_from = |from: u64, most: usize| {
        let mut bases = Vec::new();
        reader
            .scan(Position(from), &mut |frame| {
                bases.push(frame.base.get());
                if bases.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .unwrap();
        bases
    };
    assert_eq!(bases_from(100, 3), [99, 102, 105]);
    assert_eq!(bases_from(144, 9), [144, 147]);
    for beyond in [150, 151, u64::MAX] {
        assert!(bases_from(beyond, 9).is_empty(), "{beyond}");
    }
}

pub(super) fn a_scan_ends_where_the_log_ended_when_it_began(place: &mut impl Place) {
    let mut log = place.open();
    put(log.as_mut(), &["0", "1"]);
    let reader = log.reader();
    let mut found = Vec::new();
    reader
        .scan(Position::ZERO, &mut |frame| {
            found.extend(texts_of(frame));
            put(log.as_mut(), &["later"]);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(found, ["0", "1"]);
    assert_eq!(texts(reader.as_ref()), ["0", "1", "later", "later"]);
}

pub(super) fn frames_that_are_kept_stay_as_they_are(place: &mut impl Place) {
    let text = |number: u64| format!("{number:04}").repeat(20_000);
    let mut log = place.open();
    for number in 0..60 {
        log.append(&[frame(&[&text(number)])]).unwrap();
    }
    log.sync().unwrap();
    let mut kept = Vec::new();
    log.reader()
        .scan(Position::ZERO, &mut |frame| {
            if frame.base.get() % 4 == 0 {
                kept.push(frame.clone());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    put(log.as_mut(), &["more"]);
    drop(log);
    assert_eq!(kept.len(), 15);
    for frame in kept {
        assert!(texts_of(&frame) == [text(frame.base.get())], "{:?}", frame.base);
    }
}

pub(super) fn a_reader_beside_the_writer_sees_a_log_that_grows(place: &mut impl Place) {
    const ENTRIES: u64 = 400;
    let mut log = place.open();
    let reader = log.reader();
    let reading = std::thread::spawn(move || {
        let mut seen = 0;
        while seen < ENTRIES {
            let durable = reader.durable().get();
            let mut next = seen;
            reader
                .scan(Position(seen), &mut |frame| {
                    let expected: Vec<String> =
                        (next..frame.next().get()).map(|number| number.to_string()).collect();
                    assert_eq!(texts_of(frame), expected);
                    next = frame.next().get();
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert!(next >= durable, "{next} of {durable} that were durable before");
            seen = next;
            std::thread::yield_now();
        }
        reader
    });
    for number in 0..ENTRIES {
        put(log.as_mut(), &[&number.to_string()]);
    }
    let Head { next, .. } = log.head();
    drop(log);
    let reader = reading.join().unwrap();
    assert_eq!((next, reader.durable()), (Position(ENTRIES), Position(ENTRIES)));
    assert_eq!(texts(reader.as_ref()).len() as u64, ENTRIES, "it outlives the writer");
}
