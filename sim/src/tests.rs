//! The simulator itself: a seed is repeated to the byte, and what it finds is told so.

use crate::command_line::listed;
use crate::faults::{Faults, Met};
use crate::run::{run, settings};
use std::collections::BTreeSet;

const TICKS: u64 = 120;

#[test]
fn the_same_seed_twice_is_the_same_run_to_the_byte_and_another_is_another() {
    let mut digests = BTreeSet::new();
    for seed in 0..20 {
        let settings = settings(seed, TICKS, None);
        let (first, second) = (run(&settings), run(&settings));
        assert_eq!(first.failure, None, "seed {seed}");
        assert_eq!((first.digest, first.counts), (second.digest, second.counts), "seed {seed}");
        digests.insert(first.digest);
    }
    assert_eq!(digests.len(), 20);
}

#[test]
fn faults_are_named_and_unknown_ones_are_told() {
    let faults = Faults::named("net,crash").unwrap();
    assert_eq!(faults.text(), "crash,net");
    assert_eq!(Faults::named(&faults.text()).unwrap(), faults);
    assert_eq!(Faults::named("none").unwrap().text(), "none");
    assert_eq!(faults.without_one().len(), 2);
    assert!(Faults::named("weather").unwrap_err().contains("crash, power"));
}

#[test]
fn each_fault_happens_and_none_happens_where_there_is_none() {
    let none = Faults::named("none").unwrap();
    let mut met = Met::default();
    let (mut starts, mut torn, mut lost) = (0, 0, 0);
    for seed in 0..20 {
        let calm = run(&settings(seed, 400, Some(&none)));
        assert_eq!((calm.failure, calm.counts.starts, calm.counts.met), (None, 1, Met::default()));
        let ended = run(&settings(seed, 400, Some(&Faults::all())));
        assert_eq!(ended.failure, None, "seed {seed}");
        let counts = ended.counts;
        met = met.with(&counts.met);
        starts += counts.starts;
        torn += counts.torn;
        lost += counts.lost_answers;
    }
    let never: Vec<_> = met.all().into_iter().filter(|(_, times)| *times == 0).collect();
    assert_eq!(never, [], "{}", met.words());
    assert_eq!((starts > 60, torn > 0, lost > 0), (true, true, true), "{starts} {torn} {lost}");
}

#[test]
fn a_list_of_seeds_has_remarks_and_what_each_found() {
    assert_eq!(listed("# remark\n\n17 a lost letter\n3\n"), Ok(vec![17, 3]));
    assert!(listed("x").is_err());
}
