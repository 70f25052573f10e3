//! The simulator itself: a seed is repeated to the byte, and what it finds is told so.

use crate::command_line::{Args, listed, real_only};
use crate::faults::{Fault, Faults, Met};
use crate::run::{run, settings};
use clap::Parser;
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
    for wrong in ["weather", "", ",", "crash,", "none,crash"] {
        assert!(Faults::named(wrong).unwrap_err().contains("crash, power"), "{wrong}");
    }
}

#[test]
fn a_real_server_meets_its_own_faults_alone() {
    let real = Faults::all().real();
    assert_eq!(real.text(), "crash,slow,net,clock,overload,stop,hang");
    assert_eq!(real_only(&real), Ok(real.clone()));
    assert_eq!(real_only(&Faults::none()), Ok(Faults::none()));
    let told = real_only(&Faults::named("crash,power,net").unwrap()).unwrap_err();
    assert!(told.contains("crash,net alone"), "{told}");
    let mut met = Met::default();
    met.add_all(&real);
    assert_eq!(met.words_of(&[Fault::Stop, Fault::Rot]), "rot 0, stop 1");
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
    assert!(listed("x").unwrap_err().contains("`x`"));
    assert!(listed("# remark\n").unwrap_err().contains("no seeds"));
}

/// What the command line says of these arguments; nothing when it takes them.
fn refused(args: &str) -> Option<String> {
    let args = ["zentra-sim"].into_iter().chain(args.split_whitespace());
    Args::try_parse_from(args).err().map(|error| error.to_string())
}

#[test]
fn arguments_that_would_run_nothing_or_be_ignored_are_refused() {
    let taken = [
        "",
        "--seed 42 --shrink --ticks 30 --faults crash,net",
        "--seed 18446744073709551615 --trace",
        "--seeds 0..18446744073709551615",
        "--file seeds.txt --trace",
        "--minutes 60 --from 100 --shrink",
        "--real zentra --seeds 0..4 --trace",
        "--real zentra --minutes 10 --from 5",
    ];
    for args in taken {
        assert_eq!(refused(args), None, "{args}");
    }
    let wrong = [
        ("--seeds 5..5", "no seed is in it"),
        ("--seeds 5..1", "no seed is in it"),
        ("--seeds 5", "as 0..200"),
        ("--minutes 0", "1..=525600"),
        ("--minutes 18446744073709551615", "1..=525600"),
        ("--minutes 1 --from 18446744073709551615", "0..=9223372036854775807"),
        ("--ticks 0", "1.."),
        ("--faults ,", "with commas between"),
        ("--from 5", "--minutes"),
        ("--minutes 1 --trace", "--trace"),
        ("--minutes 1 --seed 1", "--seed"),
        ("--minutes 1 --seeds 0..4", "--seeds"),
        ("--minutes 1 --file seeds.txt", "--file"),
        ("--seed 1 --seeds 0..4", "--seeds"),
        ("--file seeds.txt --seeds 0..4", "--seeds"),
        ("--seed 1 --file seeds.txt", "--file"),
        ("--real zentra --shrink", "--shrink"),
    ];
    for (args, why) in wrong {
        let told = refused(args).unwrap_or_default();
        assert!(told.contains(why), "{args}: {told}");
    }
}
