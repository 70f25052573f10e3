//! Random lives of intents: what the views tell of them is what a plain model and the ledger say.

use crate::as_of::{Totals, posted};
use crate::dated::own_effective_at;
use crate::{ListKind, RowFilter, Views};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use zentra_engine::{AccessCommand, Command, SealCommand};
use zentra_events::event::{Capture, Leg};
use zentra_events::{
    AccountNo, Amount, Code, Direction, Entry, Event, IntentId, IntentNo, ScopeNo, Timestamp,
};
use zentra_ledger::{IntentState, LastLeg, LedgerCommand, LegsAt};
use zentra_testkit::made::{Made, fund, intent};

#[derive(Clone, Debug)]
enum Step {
    Begin {
        amount: u8,
        manual: bool,
        effective_at: Option<u16>,
    },
    Settle(u8, Option<u8>, When),
    Void(u8, When),
    Reverse(u8, Option<u8>, When),
    Payout(u8, When),
    /// A checkpoint over all that there is, or all but so many entries.
    Seal(u8),
}

/// The time that a later leg is given: none, or so much after the intent's last one takes effect.
type When = Option<i16>;

/// Steps, each with what the clock says then: it goes back as often as it goes on.
fn steps() -> impl Strategy<Value = Vec<(Step, u16)>> {
    let effective_at = prop::option::weighted(0.7, 0..3_000_u16);
    let begin = (1..50_u8, any::<bool>(), effective_at);
    let part = || prop::option::of(1..50_u8);
    let when = || prop::option::weighted(0.6, prop_oneof![3 => -3..900_i16, 1 => -900..0_i16]);
    let step = prop_oneof![
        3 => begin.prop_map(|(amount, manual, effective_at)| {
            Step::Begin { amount, manual, effective_at }
        }),
        2 => (0..12_u8, part(), when()).prop_map(|(id, part, at)| Step::Settle(id, part, at)),
        1 => (0..12_u8, when()).prop_map(|(id, at)| Step::Void(id, at)),
        3 => (0..12_u8, part(), when()).prop_map(|(id, part, at)| Step::Reverse(id, part, at)),
        1 => (0..12_u8, when()).prop_map(|(id, at)| Step::Payout(id, at)),
        1 => (0..8_u8).prop_map(Step::Seal),
    ];
    prop::collection::vec((step, 0..3_000_u16), 1..40)
}

fn command(made: &Made, number: usize, step: &Step) -> Command {
    let intent_id = |id: &u8| format!("i{id}").parse().unwrap();
    let part = |part: &Option<u8>| part.map(|part| Amount(u128::from(part)));
    let when = |id: &u8, when: &When| when.map(|after| legs_at(made, *id, after));
    let reason = String::new();
    Command::Ledger(match step {
        Step::Begin { amount, manual, effective_at } => {
            let capture = if *manual { Capture::Manual } else { Capture::Automatic };
            let effective_at = effective_at.map(|at| Timestamp(1_000 * u64::from(at)));
            return intent(number, u128::from(*amount), capture, effective_at);
        }
        Step::Settle(id, amount, at) => {
            let (intent_id, amount, effective_at) = (intent_id(id), part(amount), when(id, at));
            LedgerCommand::SettleIntent { intent_id, amount, effective_at }
        }
        Step::Void(id, at) => {
            let (intent_id, effective_at) = (intent_id(id), when(id, at));
            LedgerCommand::VoidIntent { intent_id, reason, effective_at }
        }
        Step::Reverse(id, amount, at) => {
            let (intent_id, amount, effective_at) = (intent_id(id), part(amount), when(id, at));
            LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at }
        }
        Step::Payout(id, at) => {
            LedgerCommand::PayoutIntent { intent_id: intent_id(id), effective_at: when(id, at) }
        }
        Step::Seal(less) => {
            let tree_size = (made.entries.len() as u64).saturating_sub(u64::from(*less));
            return Command::Seal(SealCommand { tree_size, root: [0; 32], note: String::new() });
        }
    })
}

/// The time that a command gives for later legs.
fn legs_of(command: &Command) -> Option<LegsAt> {
    match command {
        Command::Ledger(
            LedgerCommand::SettleIntent { effective_at, .. }
            | LedgerCommand::VoidIntent { effective_at, .. }
            | LedgerCommand::ReverseIntent { effective_at, .. }
            | LedgerCommand::PayoutIntent { effective_at, .. },
        ) => *effective_at,
        _ => None,
    }
}

/// So long after the last leg of an intent takes effect, as the log tells it.
fn legs_at(made: &Made, id: u8, after: i16) -> LegsAt {
    let last = last_leg(made, &format!("i{id}").parse().unwrap());
    let from = last.map_or(0, |leg| leg.effective_at.0);
    LegsAt { at: Timestamp(from.saturating_add_signed(1_000 * i64::from(after))), after: last }
}

/// The last leg of an intent of the scope that asks.
pub(crate) fn last_leg(made: &Made, id: &IntentId) -> Option<LastLeg> {
    let known = made.engine.ledger().intent(made.scope, id)?;
    let effective_at = *effects(&made.entries).get(&known.no)?;
    Some(LastLeg { position: known.last, effective_at })
}

/// When the last leg of each intent takes effect.
fn effects(entries: &[Arc<Entry>]) -> BTreeMap<IntentNo, Timestamp> {
    let mut effects = BTreeMap::new();
    resorted_into(entries, &mut effects);
    effects
}

/// Every posting with the time from which it counts.
fn resorted(entries: &[Arc<Entry>]) -> Vec<(Timestamp, AccountNo, bool, u128)> {
    resorted_into(entries, &mut BTreeMap::new())
}

/// As above: that which its entry gives, else when that was recorded, but never before a posting of
/// the same intent that came earlier.
fn resorted_into(
    entries: &[Arc<Entry>],
    earlier: &mut BTreeMap<IntentNo, Timestamp>,
) -> Vec<(Timestamp, AccountNo, bool, u128)> {
    let mut all = Vec::new();
    for entry in entries {
        for recorded in entry.events() {
            let Event::LedgerPosted(body) = &recorded.event else { continue };
            let mut at = own_effective_at(entry).unwrap_or(entry.header.recorded_at);
            if let Some(intent) = body.intent {
                at = earlier.get(&intent).map_or(at, |earlier| at.max(*earlier));
                earlier.insert(intent, at);
            }
            all.extend(
                body.lines.iter().map(|line| {
                    (at, line.account, line.direction == Direction::Debit, line.amount.0)
                }),
            );
        }
    }
    all
}

/// What comes of these steps, each at a time of the clock, folded into views in chunks of so many
/// entries.
fn lived(folder: &Path, steps: &[(Step, u16)], chunk: usize) -> (Made, Views) {
    let views = Views::of_nothing(folder);
    let mut made = Made::default();
    let name = "acme".parse().unwrap();
    made.ask(Timestamp(1), Command::Access(AccessCommand::CreateScope { name, key: None }));
    made.ask(Timestamp(2), fund());
    let mut begun = 0;
    for (step, now) in steps {
        let asked = command(&made, begun, step);
        let said = legs_of(&asked);
        let refused = made.try_to(Timestamp(1_000 * u64::from(*now)), asked);
        // Refused for its time alone is what would take effect before an earlier leg.
        let early = said.is_some_and(|at| at.after.is_none_or(|leg| at.at < leg.effective_at));
        match refused.map(|refusal| refusal.code) {
            Some(code) => assert!(code != Code::EffectiveAtTooEarly || early, "{step:?}"),
            None => assert!(!early, "{step:?}"),
        }
        begun += usize::from(matches!(step, Step::Begin { .. }));
    }
    for batch in made.entries.chunks(chunk) {
        views.fold(batch).unwrap();
    }
    (made, views)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn at_every_effective_time_money_is_conserved_and_reserved_is_not_negative(
        steps in steps(), chunk in 1..20_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (Made { engine, entries, .. }, views) = lived(folder.path(), &steps, chunk);
        let (model, rows) = (resorted(&entries), views.stored().unwrap());
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
                let dated = rows.dated(account.no, time).unwrap();
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
                let given = match account.code.as_str() {
                    "customer_balance" => 1_000_000,
                    "merchant_balance" => 0,
                    _ => u128::MAX,
                };
                let has = told.credits.0.saturating_sub(told.debits.0);
                prop_assert!(has <= given, "{} at {:?}", account.code, time);
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
            let settled_at = entries.iter().find(|entry| entry.events().iter().any(|recorded| {
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
