//! Wishes about accounts, transfers and intents.

use super::names::{amount, currency, named, party, world};
use crate::oracle::{AMOUNT_MAX, Intent, Stage};
use crate::random::Random;
use zentra_engine::{BatchTerms, IntentBatch};
use zentra_events::event::{
    AccountStatus, Capture, Floor, NormalSide, PolicyRuleV1, RouteV1, TemplateV1,
};
use zentra_events::{Amount, Currency, Direction, IntentId, ScopeNo, Span, Timestamp};
use zentra_ledger::{IntentRequest, LastLeg, LedgerCommand, LegsAt, TransferLine};
use zentra_testkit::PlainItem;

/// Corridors: one that there always is, and one that a policy or a table may lack.
const CORRIDORS: [&str; 3] = ["default", "default", "sepa"];

/// Moves money into the scope, or within it.
pub(super) fn transfer(random: &mut Random) -> LedgerCommand {
    let (currency, amount) = (currency(random), amount(random));
    let from = if random.chance(700) { world(random) } else { party(random) };
    let line = |account, direction, amount| TransferLine { account, direction, amount, currency };
    let mut lines =
        vec![line(from, Direction::Debit, amount), line(party(random), Direction::Credit, amount)];
    match random.below(40) {
        0 => lines.truncate(1),
        1 => lines[1].amount = Amount(amount.0 / 2 + 1),
        2 => lines[1].account = lines[0].account.clone(),
        3 | 4 => {
            let half = Amount(amount.0 / 2);
            lines[1].amount = half;
            let rest = Amount(amount.0 - half.0);
            lines.push(line(party(random), Direction::Credit, rest));
        }
        5 => {
            let other: Currency = "USD".parse().expect("a currency");
            let pair = [(world(random), Direction::Debit), (party(random), Direction::Credit)];
            lines.extend(pair.map(|(account, direction)| TransferLine {
                account,
                direction,
                amount,
                currency: other,
            }));
        }
        6 if random.chance(100) => {
            let one = lines[1].clone();
            lines.extend(std::iter::repeat_n(one, 254 + random.place(2)));
        }
        _ => {}
    }
    let correction = random.chance(15).then(|| "put right".to_owned());
    if correction.is_some() && random.chance(800) {
        lines[0].account = "settlement_account".parse().expect("a code");
    }
    LedgerCommand::PostTransfer { lines, correction }
}

/// Opens an account by name.
pub(super) fn open(random: &mut Random) -> LedgerCommand {
    let floor = match random.below(4) {
        0 => Floor::Limit(amount(random)),
        1 => Floor::Unbounded,
        _ => Floor::None,
    };
    LedgerCommand::OpenAccount {
        code: named(random),
        currency: currency(random),
        exponent: random.chance(200).then(|| random.below(5) as u8),
        normal_side: NormalSide::Credit,
        floor,
        by_admin: random.chance(500),
    }
}

/// Freezes, opens again or closes an account.
pub(super) fn status(random: &mut Random) -> LedgerCommand {
    let status = match random.below(8) {
        0 => AccountStatus::Closed,
        1..=3 => AccountStatus::Frozen,
        _ => AccountStatus::Open,
    };
    let code = if random.chance(100) { named(random) } else { party(random) };
    let by_admin = random.chance(500);
    LedgerCommand::SetAccountStatus { code, status, reason: "asked for".to_owned(), by_admin }
}

/// Sets rules of the scope.
pub(super) fn rules(random: &mut Random) -> LedgerCommand {
    match random.below(6) {
        0 => LedgerCommand::DeclareCurrency {
            currency: currency(random),
            exponent: *random.pick(&[0, 2, 2, 3, 40]),
        },
        1 => LedgerCommand::ResetRoutes,
        2 => LedgerCommand::SetRoutes { routes: routes(random) },
        3 => LedgerCommand::SetChart { templates: templates(random) },
        _ => LedgerCommand::SetPolicy { rules: policy(random) },
    }
}

fn templates(random: &mut Random) -> Vec<TemplateV1> {
    let mut codes = vec!["customer_balance", "merchant_balance", "world"];
    if random.chance(500) {
        codes.push("nobody");
    }
    let template = |pattern: String| {
        let is_world = pattern.starts_with("world");
        let floor = if is_world { Floor::Unbounded } else { Floor::None };
        TemplateV1 { pattern, normal_side: NormalSide::Credit, floor }
    };
    codes.iter().flat_map(|code| [(*code).to_owned(), format!("{code}:*")]).map(template).collect()
}

fn policy(random: &mut Random) -> Vec<PolicyRuleV1> {
    let mut rules = Vec::new();
    if random.chance(300) {
        let amount_max = Amount(u128::from(random.magnitude(100, 1_000_000)));
        rules.push(PolicyRuleV1::LimitCheck { currency: currency(random), amount_max });
    }
    if random.chance(500) {
        rules.push(PolicyRuleV1::Velocity {
            currency: currency(random),
            window_ns: Span::seconds(random.magnitude(1, 3_600)),
            count_max: random.between(1, 20) as u32,
            sum_max: Amount(u128::from(random.magnitude(1_000, 10_000_000))),
        });
    }
    if random.chance(100) {
        rules.push(PolicyRuleV1::CurrencyList { allowed: vec![currency(random)] });
    }
    if random.chance(100) {
        rules.push(PolicyRuleV1::CorridorList { allowed: vec!["default".to_owned()] });
    }
    rules
}

fn routes(random: &mut Random) -> Vec<RouteV1> {
    let count = random.below(5);
    let route = |number: u64| RouteV1 {
        id: format!("route-{number}"),
        corridor: (*random.pick(&CORRIDORS)).to_owned(),
        currency: currency(random),
        rail: "rail".to_owned(),
        amount_min: Amount(u128::from(random.below(2))),
        amount_max: Amount(u128::from(random.magnitude(1_000, 1_000_000_000))),
        priority: random.below(3) as u32,
        enabled: random.chance(800),
    };
    (0..count).map(route).collect()
}

/// What an intent is asked to move.
fn details(random: &mut Random, now: Timestamp) -> IntentRequest {
    let metadata = match random.below(20) {
        0 => vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())],
        1..=3 => vec![("order".to_owned(), random.below(9).to_string())],
        _ => Vec::new(),
    };
    let source = if random.chance(50) { world(random) } else { party(random) };
    IntentRequest {
        amount: amount(random),
        currency: currency(random),
        source,
        destination: party(random),
        corridor: (*random.pick(&CORRIDORS)).to_owned(),
        capture: if random.chance(450) { Capture::Manual } else { Capture::Automatic },
        effective_at: random.chance(150).then(|| about(random, now)),
        metadata,
    }
}

/// A time near another one, before or after.
fn about(random: &mut Random, now: Timestamp) -> Timestamp {
    let by = random.magnitude(1, 30 * 24 * 3_600 * 1_000_000_000);
    if random.chance(500) { now.after(Span(by)) } else { Timestamp(now.0.saturating_sub(by)) }
}

fn digest(random: &mut Random) -> [u8; 16] {
    (u128::from(random.any()) << 64).to_be_bytes()
}

/// An intent under a new id.
pub(super) fn accept(random: &mut Random, id: IntentId, now: Timestamp) -> LedgerCommand {
    let details = random.chance(850).then(|| details(random, now));
    LedgerCommand::AcceptIntent { intent_id: id, digest: digest(random), details }
}

/// What may be asked of an intent that there is, or that there is not.
pub(super) fn follow(
    random: &mut Random,
    intent_id: IntentId,
    known: Option<&Intent>,
    now: Timestamp,
) -> LedgerCommand {
    let reason = "asked for".to_owned();
    let amount = random.chance(400).then(|| match known {
        Some(intent) if random.chance(700) => {
            let left = intent.reserved.max(intent.settled - intent.reversed);
            match random.below(6) {
                0 => Amount(left.saturating_sub(1)),
                1 => Amount(left + 1),
                _ => Amount(u128::from(random.below(left.clamp(1, 1 << 60) as u64 + 1))),
            }
        }
        _ => amount(random),
    });
    let effective_at = known.filter(|_| random.chance(200)).map(|intent| {
        let leg = LastLeg { position: intent.last, effective_at: intent.effective_at };
        // Who asks may have read none.
        let after = (!random.chance(50)).then_some(leg);
        LegsAt { at: about(random, intent.effective_at.max(now)), after }
    });
    let stage = known.map_or(Stage::Routed, |intent| intent.stage);
    let choice = match stage {
        _ if random.chance(150) => random.below(5),
        Stage::Accepted => *random.pick(&[0, 0, 0, 2]),
        Stage::Routed => *random.pick(&[1, 1, 2]),
        _ => *random.pick(&[3, 3, 4]),
    };
    match choice {
        0 => LedgerCommand::ConfirmIntent {
            intent_id,
            digest: digest(random),
            details: details(random, now),
        },
        1 => LedgerCommand::SettleIntent { intent_id, amount, effective_at },
        2 => LedgerCommand::VoidIntent { intent_id, reason, effective_at },
        3 => LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at },
        _ => LedgerCommand::PayoutIntent { intent_id, effective_at },
    }
}

/// A batch of intents.
pub(super) fn batch(
    random: &mut Random,
    scope: ScopeNo,
    ids: &[IntentId],
    now: Timestamp,
) -> IntentBatch {
    let terms: Vec<BatchTerms> = (0..random.between(1, 3))
        .map(|_| {
            let IntentRequest { currency, corridor, capture, effective_at, .. } =
                details(random, now);
            BatchTerms { currency, corridor, capture, effective_at, metadata: Vec::new() }
        })
        .collect();
    let is_linked = random.chance(500);
    let wishes: Vec<PlainItem> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| PlainItem {
            id: id.as_str().to_owned(),
            amount: amount(random).0.min(AMOUNT_MAX),
            parties: [party(random), party(random)].map(|code| code.as_str().to_owned()),
            terms: random.place(terms.len()) as u16,
            linked: is_linked && random.chance(if at + 1 == ids.len() { 30 } else { 600 }),
        })
        .collect();
    zentra_testkit::batch(scope, terms, &wishes)
}
