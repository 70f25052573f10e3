//! Power lost and storage that fails: what was synced is there, and what follows is a prefix.

use crate::conformance::place::Place;
use crate::conformance::texts::{frame, put, texts};
use crate::error::AppendError;
use zentra_events::Position;

/// Which parts survive that were not synced.
const SURVIVORS: [fn(usize) -> bool; 4] =
    [|_| false, |_| true, |part| part % 2 == 0, |part| part % 2 == 1];

pub(super) fn what_was_synced_is_there_and_the_rest_is_a_prefix<P: Place>(
    place: &mut impl FnMut() -> P,
) {
    let filler = "x".repeat(900);
    let written = ["0", "1", "2", &filler, "4", &filler, "6"];
    for keep in SURVIVORS {
        let mut place = place();
        let mut log = place.open();
        put(log.as_mut(), &written[..2]);
        log.append(&[frame(&written[2..4]), frame(&written[4..6]), frame(&written[6..])]).unwrap();
        drop(log);
        place.lose_power(&keep);
        let mut log = place.open();
        let found = texts(log.reader().as_ref());
        assert_eq!(found, written[..found.len()]);
        assert!([2, 4, 6, 7].contains(&found.len()), "whole frames: {found:?}");
        assert_eq!(log.head().next, Position(found.len() as u64));
        put(log.as_mut(), &["after"]);
        let head = log.head();
        drop(log);
        place.lose_power(&|_| false);
        let log = place.open();
        let again = texts(log.reader().as_ref());
        assert_eq!((log.head(), &again[found.len()..]), (head, &["after".to_owned()][..]));
    }
}

pub(super) fn after_a_failure_nothing_more_is_taken<P: Place>(place: &mut impl FnMut() -> P) {
    for operations in 0.. {
        let mut place = place();
        let mut log = place.open();
        put(log.as_mut(), &["a"]);
        if !place.fail_after(operations) {
            return;
        }
        let failed = log.append(&[frame(&["b"])]).and_then(|_| log.sync());
        if failed.is_ok() {
            assert!(operations > 1, "a write and a sync are two operations");
            return;
        }
        assert!(matches!(failed, Err(AppendError::Io { .. })), "{failed:?}");
        assert!(matches!(log.append(&[frame(&["c"])]), Err(AppendError::Poisoned)));
        assert!(matches!(log.sync(), Err(AppendError::Poisoned)));
        let reader = log.reader();
        assert_eq!(reader.durable(), Position(1));
        assert_eq!(texts(reader.as_ref()), ["a"], "what is not known to be durable is not shown");
    }
}
