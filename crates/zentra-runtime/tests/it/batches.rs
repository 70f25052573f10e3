//! Batches on a disk that can fail: an outcome means that its entry is durable, and a linked group
//! is there as a whole or not at all.

use crate::pipeline::{World, fund, scope, world};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use zentra_engine::{BatchItem, BatchTerms, IntentBatch, ItemOutcome, PartyAt, TextAt};
use zentra_events::event::Capture;
use zentra_events::{AccountCode, Amount, Event, Position, RequestId, ScopeNo};
use zentra_ledger::digest::{RequestKind, intent_digest, terms_digest};
use zentra_ledger::key_table::{account_key, intent_key};
use zentra_runtime::{Answer, LogAccess, SubmitError};
use zentra_store::{CrashStorage, MemoryStorage, ReadOnlyLog, Storage};

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
    let mut text = String::new();
    let mut put = |piece: &str| {
        let start = text.len() as u32;
        text.push_str(piece);
        TextAt { start, length: piece.len() as u32 }
    };
    let code = |name: &str| name.parse::<AccountCode>().unwrap();
    let (source, destination) = (code("customer_balance"), code("merchant_balance"));
    let parties = [put(source.as_str()), put(destination.as_str())];
    let terms = BatchTerms {
        currency: "EUR".parse().unwrap(),
        corridor: "default".into(),
        capture: Capture::Automatic,
        effective_at: None,
        metadata: Vec::new(),
    };
    let digest = terms_digest(terms.currency, "default", Capture::Automatic, None, &[]);
    let key = |code: &AccountCode| account_key(SCOPE, code.as_str());
    let digest = intent_digest(
        RequestKind::Acceptance,
        Amount(1),
        &key(&source),
        &key(&destination),
        &digest,
    );
    let items = (from..to)
        .map(|number| {
            let id = format!("intent_{number}");
            BatchItem {
                key: intent_key(SCOPE, &id),
                digest,
                amount: Amount(1),
                id: put(&id),
                source: PartyAt::Code(parties[0]),
                destination: PartyAt::Code(parties[1]),
                terms: 0,
                linked: linked && number + 1 < to,
            }
        })
        .collect();
    IntentBatch {
        scope: SCOPE,
        actor: "tester".parse().unwrap(),
        key: None,
        request_id: RequestId([7; 16]),
        terms: vec![terms],
        items,
        text: Bytes::from(text),
    }
}

/// The intents that are there when the power is lost now and `keep` of the unsynced blocks stay.
fn survivors(disk: &CrashStorage, keep: impl FnMut(usize) -> bool) -> BTreeSet<String> {
    let left: MemoryStorage = disk.after_crash(keep);
    let storage: Box<dyn Storage> = Box::new(left);
    let log = LogAccess::new(ReadOnlyLog::open(storage).unwrap().reader());
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
    tokio::task::spawn_blocking(move || world.runtime.stop()).await.unwrap().unwrap();
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
        tokio::task::spawn_blocking(move || world.runtime.stop()).await.unwrap().unwrap();
    }
}
