//! The seeds, what is near them, and what fuzzing found before.

use std::fs;
use std::path::{Path, PathBuf};
use zentra_fuzz::{TARGETS, seeds::seeds};

/// Changes of each seed.
const CHANGES: u64 = 200;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_seed_is_read() {
    for (target, property) in TARGETS {
        let seeds = seeds(target, &root().join("fixtures")).unwrap();
        assert!(!seeds.is_empty(), "{target}");
        for (number, seed) in seeds.iter().enumerate() {
            assert!(property(seed), "{target}: the seed {number} is not read");
        }
    }
}

#[test]
fn what_is_near_a_seed_keeps_the_property() {
    let mut state = 0x5eed_u64;
    let mut random = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % bound.max(1)
    };
    for (target, property) in TARGETS {
        for seed in seeds(target, &root().join("fixtures")).unwrap() {
            for _ in 0..CHANGES {
                let mut bytes = seed.clone();
                for _ in 0..=random(3) {
                    let at = random(bytes.len());
                    match random(4) {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at, random(256) as u8),
                        2 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0xff][random(4)],
                        _ if at < bytes.len() => bytes[at] ^= 1 << random(8),
                        _ => {}
                    }
                }
                property(&bytes);
            }
        }
    }
}

#[test]
fn what_was_found_before_stays_mended() {
    for (target, property) in TARGETS {
        let Ok(found) = fs::read_dir(root().join("fuzz/found").join(target)) else { continue };
        for file in found {
            property(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}
