//! Batches on a disk that can fail: an outcome means that its entry is durable, and a linked group
//! is there as a whole or not at all.

use crate::pipeline::{World, fund, scope, world};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use zentra_engine::{IntentBatch, ItemOutcome};
use zentra_env::Env;
use zentra_events::event::Capture;
use zentra_events::{Event, Position, ScopeNo};
use zentra_runtime::{Answer, LogAccess, SubmitError};
use zentra_store::{CrashStorage, MemoryStorage, ReadOnlyLog, Storage};
use zentra_testkit::{PlainItem, stop, terms};

const SCOPE: ScopeNo = ScopeNo(0);

/// A world with a scope and a funded account.
async fn funded(folder: &std::path::Path) -> World {
    let world = world(folder);
    world.runtime.handle().submit(scope("acme")).await.unwrap();
    let told = world.runtime.handle().submit(fund("customer_balance")).await.unwrap();
    assert!(matches!(told, Answer::Entry(_)), "{told:?}");
    world
}

/// Intents `from..to`; those in a group are linked to the next.
fn batch(from: u32, to: u32, linked: bool) -> IntentBatch {
    let item = |number| PlainItem {
        linked: linked && number + 1 < to,
        ..PlainItem::new(format!("intent_{number}"), 1, "customer_balance", "merchant_balance")
    };
    let items: Vec<PlainItem> = (from..to).map(item).collect();
    zentra_testkit::batch(SCOPE, vec![terms(Capture::Automatic, Vec::new())], &items)
}

/// The intents that are there when the power is lost now and `keep` of the unsynced blocks stay.
fn survivors(disk: &CrashStorage, keep: impl FnMut(usize) -> bool) -> BTreeSet<String> {
    let left: MemoryStorage = disk.after_crash(keep);
    let storage: Box<dyn Storage> = Box::new(left);
    let log = LogAccess::new(&Env::for_tests(), ReadOnlyLog::open(storage).unwrap().reader());
    let mut ids = BTreeSet::new();
    log.scan(Position::ZERO, &mut |entry, _| {
        for recorded in entry.events() {
            if let Event::IntentAccepted(accepted) = &recorded.event {
                assert!(ids.insert(accepted.intent_id.to_string()), "{accepted:?} is there twice");
            }
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    ids
}

#[tokio::test]
async fn every_outcome_survives_a_loss_of_power_at_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let world = funded(folder.path()).await;
    for round in 0..10_u32 {
        let to = (round + 1) * 300;
        let told = world.runtime.handle().submit_batch(batch(0, to, false)).await.unwrap();
        let created = told.iter().filter(|one| matches!(one, ItemOutcome::Created(_))).count();
        let replayed = told.iter().filter(|one| matches!(one, ItemOutcome::Replayed(..))).count();
        assert_eq!((replayed, created), (round as usize * 300, 300), "round {round}");
        assert_eq!(survivors(&world.disk, |_| false).len(), to as usize, "round {round}");
    }
    stop(world.runtime).await;
}

/// A world in which 10 intents are durable, and 690 are written whose sync has failed: with one
/// operation of the disk more they would have been answered.
async fn written_not_synced(folder: &std::path::Path, linked: bool) -> World {
    let mut failed = None;
    for operations in 1.. {
        let world = funded(&folder.join(operations.to_string())).await;
        let first = world.runtime.handle().submit_batch(batch(0, 10, linked)).await.unwrap();
        assert!(first.iter().all(|one| matches!(one, ItemOutcome::Created(_))), "{first:?}");
        world.disk.fail_after(operations);
        match world.runtime.handle().submit_batch(batch(10, 700, linked)).await {
            Ok(_) => break,
            Err(SubmitError::Stopped) => failed = Some(world),
            Err(other) => panic!("{other:?}"),
        }
    }
    let world = failed.unwrap();
    assert!(world.disk.unsynced_blocks() > 0, "something was written");
    world
}

#[tokio::test]
async fn no_batch_is_answered_between_the_write_and_the_sync() {
    for linked in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let world = written_not_synced(folder.path(), linked).await;
        let durable = survivors(&world.disk, |_| false);
        assert_eq!(durable.len(), 10, "only what was answered is sure");
        for pattern in 0..32_usize {
            // Any of the written blocks may have reached the disk: in order, backwards, scattered.
            let kept = survivors(&world.disk, |block| match pattern {
                0..16 => block <= pattern,
                16..24 => block % (pattern - 14) == 0,
                _ => block * 7 % 32 < pattern,
            });
            assert!(kept.is_superset(&durable), "pattern {pattern}");
            let whole = kept.len() == 10 || kept.len() == 700;
            assert!(!linked || whole, "pattern {pattern}: {} of a group of 690", kept.len() - 10);
        }
        stop(world.runtime).await;
    }
}
