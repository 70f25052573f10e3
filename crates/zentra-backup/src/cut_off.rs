//! A backup that is cut off before any of its changes leaves the one before it whole.

use crate::make::make_in_steps;
use crate::{Made, check_files, make, restore};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use zentra_env::Env;
use zentra_events::ScopeNo;
use zentra_runtime::DataFolder;
use zentra_testkit::{scope, submit};

/// A log that goes on by some scopes, and a snapshot at its end.
fn go_on(data: &DataFolder, from: u32, scopes: u32) {
    let (runtime, _) = zentra_testkit::start(data, 4_096);
    let waiting = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in from..from + scopes {
        let made = scope(&format!("scope_{number}"));
        waiting.block_on(submit(runtime.handle(), ScopeNo(0), made));
    }
    runtime.stop().unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

fn backed_up(data: &DataFolder, target: &Path) -> Made {
    make(data, target, None, Env::for_tests().now()).unwrap()
}

/// Cuts a backup onto `before` off before each of its changes; how many there are.
fn cut_off_everywhere(data: &DataFolder, before: &Path, room: &Path) -> usize {
    let position = check_files(before).unwrap().manifest.position;
    for cut_at in 0.. {
        let (target, into) = (room.join(format!("b{cut_at}")), room.join(format!("r{cut_at}")));
        copy_folder(before, &target);
        let mut steps = 0;
        let mut step = || {
            steps += 1;
            if steps > cut_at { Err(io::Error::from(ErrorKind::Interrupted)) } else { Ok(()) }
        };
        let made = make_in_steps(data, &target, None, Env::for_tests().now(), &mut step);
        let checked = check_files(&target).unwrap_or_else(|error| panic!("{cut_at}: {error}"));
        let restored = restore(&target, &DataFolder::new(&into)).unwrap();
        assert_eq!(restored, checked.manifest, "cut off before change {cut_at}");
        assert!(restored.position >= position);
        let last = backed_up(data, &target).manifest;
        assert_eq!(check_files(&target).unwrap().manifest, last);
        let kept = fs::read_dir(target.join("snapshots")).unwrap().count();
        assert_eq!(kept, 1, "nothing of what was cut off is left");
        if made.is_ok() {
            return steps;
        }
    }
    unreachable!("a backup has an end")
}

#[test]
fn a_backup_that_is_cut_off_before_any_change_leaves_the_one_before_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let room = |name: &str| {
        let room = folder.path().join(name);
        fs::create_dir(&room).unwrap();
        room
    };
    let (data, backup) = (DataFolder::new(folder.path().join("data")), folder.path().join("b"));
    go_on(&data, 0, 40);
    let first = backed_up(&data, &backup);
    // What is there already is not written again.
    let again = backed_up(&data, &backup);
    assert_eq!((again.copied_bytes, &again.manifest.files), (0, &first.manifest.files));
    // A snapshot of the same name with other bytes, as another version writes it.
    let (_, snapshot) = zentra_runtime::snapshot_files(&data).unwrap().pop().unwrap();
    let mine = fs::read(&snapshot).unwrap();
    fs::write(&snapshot, [mine.as_slice(), b"more"].concat()).unwrap();
    assert!(cut_off_everywhere(&data, &backup, &room("same_name")) > 4);
    fs::write(&snapshot, mine).unwrap();
    // A damaged meta file is written anew.
    let damaged = folder.path().join("damaged");
    copy_folder(&backup, &damaged);
    fs::write(damaged.join("log/meta"), b"").unwrap();
    assert!(check_files(&damaged).is_err());
    backed_up(&data, &damaged);
    check_files(&damaged).unwrap();
    // A log that went on: the last segment grows, new ones come, and another snapshot.
    go_on(&data, 40, 60);
    assert!(cut_off_everywhere(&data, &backup, &room("grown")) > 12);
}
