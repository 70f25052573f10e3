//! Random lives of intents: what the views tell of them is what a plain model and the ledger say.

use crate::api::{Totals, posted};
use crate::runtime::DataFolder;
use crate::testing::{Made, fund, intent};
use crate::views::dated::effective_at;
use crate::views::{ListKind, RowFilter, Views};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use zentra_engine::{AccessCommand, Command, SealCommand};
use zentra_events::event::{Capture, Leg};
use zentra_events::{
    AccountNo, Amount, Direction, Entry, Event, IntentNo, Position, ScopeNo, Timestamp,
};
use zentra_ledger::{IntentState, LedgerCommand};

#[derive(Clone, Debug)]
enum Step {
    Begin {
        amount: u8,
        manual: bool,
        effective_at: Option<u16>,
    },
    Settle(u8, Option<u8>),
    Void(u8),
    Reverse(u8, Option<u8>),
    Payout(u8),
    /// A checkpoint over all that there is, or all but so many entries.
    Seal(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let effective_at = prop::option::weighted(0.7, 0..3_000_u16);
    let begin = (1..50_u8, any::<bool>(), effective_at);
    let part = || prop::option::of(1..50_u8);
    let step = prop_oneof![
        3 => begin.prop_map(|(amount, manual, effective_at)| {
            Step::Begin { amount, manual, effective_at }
        }),
        2 => (0..20_u8, part()).prop_map(|(id, part)| Step::Settle(id, part)),
        1 => (0..20_u8).prop_map(Step::Void),
        2 => (0..20_u8, part()).prop_map(|(id, part)| Step::Reverse(id, part)),
        1 => (0..20_u8).prop_map(Step::Payout),
        1 => (0..8_u8).prop_map(Step::Seal),
    ];
    prop::collection::vec(step, 1..40)
}

fn command(number: usize, entries: u64, step: &Step) -> Command {
    let intent_id = |id: &u8| format!("i{id}").parse().unwrap();
    let part = |part: &Option<u8>| part.map(|part| Amount(u128::from(part)));
    let reason = String::new();
    Command::Ledger(match step {
        Step::Begin { amount, manual, effective_at } => {
            let capture = if *manual { Capture::Manual } else { Capture::Automatic };
            let effective_at = effective_at.map(|at| Timestamp(u64::from(at)));
            return intent(number, u128::from(*amount), capture, effective_at);
        }
        Step::Settle(id, amount) => {
            LedgerCommand::SettleIntent { intent_id: intent_id(id), amount: part(amount) }
        }
        Step::Void(id) => LedgerCommand::VoidIntent { intent_id: intent_id(id), reason },
        Step::Reverse(id, amount) => {
            let (intent_id, amount) = (intent_id(id), part(amount));
            LedgerCommand::ReverseIntent { intent_id, amount, reason }
        }
        Step::Payout(id) => LedgerCommand::PayoutIntent { intent_id: intent_id(id) },
        Step::Seal(less) => {
            let tree_size = entries.saturating_sub(u64::from(*less));
            return Command::Seal(SealCommand { tree_size, root: [0; 32], note: String::new() });
        }
    })
}

/// Every posting with the time from which it counts: the later of its own and its intent's,
/// but an intent's first ones at the intent's own.
fn resorted(entries: &[Arc<Entry>]) -> Vec<(Timestamp, AccountNo, bool, u128)> {
    let mut own: BTreeMap<IntentNo, Timestamp> = BTreeMap::new();
    let mut all = Vec::new();
    for entry in entries {
        let recorded_at = entry.header.recorded_at;
        for recorded in &entry.events {
            let Event::LedgerPosted(body) = &recorded.event else { continue };
            let at = match (effective_at(entry), body.intent) {
                (Some(at), Some(intent)) => *own.entry(intent).or_insert(at),
                (None, Some(intent)) => {
                    own.get(&intent).map_or(recorded_at, |own| recorded_at.max(*own))
                }
                (_, None) => recorded_at,
            };
            all.extend(
                body.lines.iter().map(|line| {
                    (at, line.account, line.direction == Direction::Debit, line.amount.0)
                }),
            );
        }
    }
    all
}

/// What comes of these steps, folded into views in chunks of so many entries.
fn lived(folder: &Path, steps: &[Step], chunk: usize) -> (Made, Views) {
    let views = Views::open(&DataFolder::new(folder), 0, Position::ZERO).unwrap();
    let mut made = Made::new();
    let name = "acme".parse().unwrap();
    made.ask(Timestamp(1), Command::Access(AccessCommand::CreateScope { name, key: None }));
    made.ask(Timestamp(2), fund());
    let mut begun = 0;
    for (number, step) in steps.iter().enumerate() {
        let now = Timestamp(10 + 37 * number as u64);
        let entries = made.entries.len() as u64;
        made.try_to(now, command(begun, entries, step));
        begun += usize::from(matches!(step, Step::Begin { .. }));
    }
    for batch in made.entries.chunks(chunk) {
        views.fold(batch).unwrap();
    }
    (made, views)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn at_every_effective_time_money_is_conserved_and_reserved_is_not_negative(
        steps in steps(), chunk in 1..20_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (Made { engine, entries, .. }, views) = lived(folder.path(), &steps, chunk);
        let model = resorted(&entries);
        let accounts: Vec<_> = (0..engine.ledger().accounts_len() as u32)
            .filter_map(|no| engine.ledger().account_by_no(AccountNo(no)))
            .collect();
        let edges = model.iter().flat_map(|(at, ..)| [at.0.saturating_sub(1), at.0]);
        let mut times: Vec<u64> = edges.collect();
        times.push(u64::MAX);
        for time in times.into_iter().map(Timestamp) {
            let mut all = Totals::default();
            for account in &accounts {
                let by_record = entries.iter().filter(|e| e.header.recorded_at <= time);
                let by_record = by_record
                    .fold(Totals::default(), |sum, e| sum.plus(posted(e, account.no)));
                let dated = views.dated(account.no, time).unwrap();
                let told = by_record.minus(dated.recorded).plus(dated.effective);
                let side = |debit: bool| {
                    let own = model.iter().filter(|(at, no, of, _)| {
                        *at <= time && *no == account.no && *of == debit
                    });
                    Amount(own.map(|(.., amount)| amount).sum())
                };
                let expected = Totals { debits: side(true), credits: side(false) };
                prop_assert_eq!(told, expected, "{} at {:?}", account.code, time);
                let held = account.code.as_str() == "reserved_balance"
                    || account.code.as_str() == "settlement_account";
                prop_assert!(!held || told.credits >= told.debits, "{:?}", time);
                all = all.plus(told);
            }
            prop_assert_eq!(all.debits, all.credits, "{:?}", time);
        }
    }

    #[test]
    fn a_list_says_of_an_intent_what_the_ledger_says(steps in steps(), chunk in 1..20_usize) {
        let folder = tempfile::tempdir().unwrap();
        let (Made { engine, entries, .. }, views) = lived(folder.path(), &steps, chunk);
        let all = RowFilter::default();
        let page = views.list(ListKind::Intents, ScopeNo(0), &all, None, 500).unwrap();
        prop_assert_eq!(page.rows.len(), engine.ledger().intents_len());
        let sealed = engine.sealed(ScopeNo(0)).map_or(0, |sealed| sealed.tree_size);
        for row in &page.rows {
            let id = row["intent_id"].as_str().unwrap().parse().unwrap();
            let known = engine.ledger().intent(ScopeNo(0), &id).unwrap();
            // The only scope: an entry's number is its place in the log.
            let settled_at = entries.iter().find(|entry| entry.events.iter().any(|recorded| {
                matches!(&recorded.event, Event::LedgerPosted(body)
                    if body.leg == Leg::Settle && body.intent == Some(known.no))
            }));
            let covered = settled_at.is_some_and(|entry| entry.header.position.get() < sealed);
            let word = match known.state {
                IntentState::Synchronized if covered => "evidenced",
                state => state.as_str(),
            };
            prop_assert_eq!(&row["state"], word, "{}", row);
            prop_assert_eq!(row["position"].as_u64(), Some(known.last.get()), "{}", row);
            let sum = |name: &str| row[name].as_str().map_or(0, |text| text.parse().unwrap());
            prop_assert_eq!((sum("settled"), sum("reversed")), (known.settled.0, known.reversed.0));
        }
    }
}
