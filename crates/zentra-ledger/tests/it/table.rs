//! The line language of fixtures/ledger/*.table; docs/concepts/ledger.md describes it.

use crate::world::World;
use std::fmt::Debug;
use std::str::FromStr;
use zentra_events::event::{
    AccountStatus, Capture, Floor, NormalSide, PolicyRuleV1, PublishedDataV1, RouteV1, TemplateV1,
};
use zentra_events::{AccountCode, Amount, Code, Direction, Event, Position, Span, Timestamp};
use zentra_ledger::{Decision, IntentRequest, LastLeg, LedgerCommand, LegsAt, TransferLine};

/// Runs the cases of one table. Gives the codes that it saw.
pub(crate) fn check(file: &str, text: &str) -> Vec<Code> {
    let mut world = World::default();
    let mut codes = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        let place = format!("{file}:{}: {line}", number + 1);
        if line.is_empty() {
            continue;
        }
        if line.starts_with("case ") {
            world = World::default();
            continue;
        }
        let (command, expected) = match line.split_once("=>") {
            Some((command, expected)) => (command.trim(), expected.trim()),
            None => (line, ""),
        };
        let words: Vec<&str> = command.split_whitespace().collect();
        match words[0] {
            "after" => world.now += parse::<u64>(words[1]) * 1_000_000_000,
            "balance" => assert_eq!(balance(&world, words[1]), words[2..].join(" "), "{place}"),
            "intent" => assert_eq!(intent(&world, words[1]), words[2..].join(" "), "{place}"),
            _ => {
                let decision = world.handle(&command_of(&world, &words));
                let seen = outcome(&world, &decision, &mut codes);
                assert!(matches(expected, &seen), "{place}\n  seen: {seen}");
            }
        }
    }
    codes
}

/// `...` stands for any further words, but never hides a refusal or a rejection.
fn matches(expected: &str, seen: &str) -> bool {
    let negative = |text: &str| text.contains("refused ") || text.contains("rejected");
    match expected.strip_suffix("...") {
        Some(beginning) => {
            seen.starts_with(beginning.trim()) && negative(beginning) == negative(seen)
        }
        None => seen == expected,
    }
}

fn parse<T: FromStr<Err: Debug>>(word: &str) -> T {
    word.parse().unwrap_or_else(|error| panic!("{word}: {error:?}"))
}

fn amount(word: &str) -> Amount {
    match word {
        "max" => Amount::MAX,
        "over" => Amount(Amount::MAX.0 + 1),
        digits => Amount(parse(digits)),
    }
}

fn floor(word: &str) -> Floor {
    match word {
        "none" => Floor::None,
        "unbounded" => Floor::Unbounded,
        limit => Floor::Limit(amount(limit)),
    }
}

fn command_of(world: &World, words: &[&str]) -> LedgerCommand {
    let effective_at = legs_at(world, words);
    let words: Vec<&str> = words.iter().copied().filter(|w| !w.starts_with("at=")).collect();
    let rest = &words[1..];
    match words[0] {
        "open" => LedgerCommand::OpenAccount {
            code: parse(rest[0]),
            currency: parse(rest[1]),
            exponent: rest.get(3).filter(|word| **word != "writer").map(|word| parse(word)),
            normal_side: NormalSide::Credit,
            floor: floor(rest[2]),
            by_admin: !words.contains(&"writer"),
        },
        "status" => LedgerCommand::SetAccountStatus {
            code: parse(rest[0]),
            status: match rest[1] {
                "open" => AccountStatus::Open,
                "frozen" => AccountStatus::Frozen,
                "closed" => AccountStatus::Closed,
                other => panic!("no status {other}"),
            },
            reason: reason(rest, 2),
            by_admin: !words.contains(&"writer"),
        },
        "chart" => LedgerCommand::SetChart { templates: rest.iter().map(template).collect() },
        "policy" => LedgerCommand::SetPolicy { rules: rest.iter().map(rule).collect() },
        "declare" => {
            LedgerCommand::DeclareCurrency { currency: parse(rest[0]), exponent: parse(rest[1]) }
        }
        "routes" if rest == ["built-in"] => LedgerCommand::ResetRoutes,
        "routes" => LedgerCommand::SetRoutes { routes: rest.iter().map(route).collect() },
        "transfer" | "correct" => LedgerCommand::PostTransfer {
            lines: rest.chunks(4).map(line).collect(),
            correction: (words[0] == "correct").then(|| "because".to_owned()),
        },
        "accept" => LedgerCommand::AcceptIntent {
            intent_id: parse(rest[0]),
            digest: [parse(rest[1]); 16],
            details: (rest.len() > 2).then(|| request(&rest[2..])),
        },
        "confirm" => LedgerCommand::ConfirmIntent {
            intent_id: parse(rest[0]),
            digest: [parse(rest[1]); 16],
            details: request(&rest[2..]),
        },
        "settle" => LedgerCommand::SettleIntent {
            intent_id: parse(rest[0]),
            amount: rest.get(1).map(|word| amount(word)),
            effective_at,
        },
        "void" => LedgerCommand::VoidIntent {
            intent_id: parse(rest[0]),
            reason: reason(rest, 1),
            effective_at,
        },
        "reverse" => LedgerCommand::ReverseIntent {
            intent_id: parse(rest[0]),
            amount: rest.get(1).map(|word| amount(word)),
            reason: reason(rest, 2),
            effective_at,
        },
        "payout" => LedgerCommand::PayoutIntent { intent_id: parse(rest[0]), effective_at },
        other => panic!("no command {other}"),
    }
}

/// `at=<n>`: so many nanoseconds after the intent's last leg takes effect; `at=old`: then, but the
/// asker has not read the intent's last entry.
fn legs_at(world: &World, words: &[&str]) -> Option<LegsAt> {
    let text = words.iter().find_map(|word| word.strip_prefix("at="))?;
    let last = world.last_leg(crate::world::SCOPE, &parse(words[1]));
    let Some(leg) = last else { return Some(LegsAt { at: Timestamp(world.now), after: None }) };
    if text == "old" {
        let after = LastLeg { position: Position(leg.position.0.wrapping_sub(1)), ..leg };
        return Some(LegsAt { at: leg.effective_at, after: Some(after) });
    }
    let at = leg.effective_at.0.checked_add_signed(parse(text)).expect("a time");
    Some(LegsAt { at: Timestamp(at), after: Some(leg) })
}

/// `long` is one byte more than a reason may have.
fn reason(words: &[&str], index: usize) -> String {
    match words.get(index) {
        Some(&"long") => "x".repeat(2_049),
        _ => "because".to_owned(),
    }
}

/// `pattern/floor`.
fn template(word: &&str) -> TemplateV1 {
    let (pattern, bound) = word.split_once('/').expect("pattern/floor");
    let normal_side = NormalSide::Credit;
    TemplateV1 { pattern: pattern.to_owned(), normal_side, floor: floor(bound) }
}

/// `limit/CUR/max`, `velocity/CUR/seconds/count/sum`, `currencies/A,B`, `corridors/a,b`.
fn rule(word: &&str) -> PolicyRuleV1 {
    let parts: Vec<&str> = word.split('/').collect();
    match parts[0] {
        "limit" => {
            PolicyRuleV1::LimitCheck { currency: parse(parts[1]), amount_max: amount(parts[2]) }
        }
        "velocity" => PolicyRuleV1::Velocity {
            currency: parse(parts[1]),
            window_ns: Span::seconds(parse(parts[2])),
            count_max: parse(parts[3]),
            sum_max: amount(parts[4]),
        },
        "currencies" => {
            PolicyRuleV1::CurrencyList { allowed: parts[1].split(',').map(parse).collect() }
        }
        "corridors" => {
            PolicyRuleV1::CorridorList { allowed: parts[1].split(',').map(str::to_owned).collect() }
        }
        other => panic!("no rule {other}"),
    }
}

/// `id/corridor/CUR/min/max/priority`, then `/off` for a disabled one.
fn route(word: &&str) -> RouteV1 {
    let parts: Vec<&str> = word.split('/').collect();
    RouteV1 {
        id: parts[0].to_owned(),
        corridor: parts[1].to_owned(),
        currency: parse(parts[2]),
        rail: "rail".to_owned(),
        amount_min: amount(parts[3]),
        amount_max: amount(parts[4]),
        priority: parse(parts[5]),
        enabled: parts.get(6).is_none(),
    }
}

/// `debit|credit code amount CUR`.
fn line(words: &[&str]) -> TransferLine {
    TransferLine {
        account: parse(words[1]),
        direction: if words[0] == "debit" { Direction::Debit } else { Direction::Credit },
        amount: amount(words[2]),
        currency: parse(words[3]),
    }
}

/// `amount CUR source destination`, then any of `manual`, `corridor=x`, `meta=k:v`.
fn request(words: &[&str]) -> IntentRequest {
    let corridor = words.iter().find_map(|word| word.strip_prefix("corridor="));
    let metadata = words.iter().filter_map(|word| word.strip_prefix("meta=")).map(|pair| {
        let (key, value) = pair.split_once(':').expect("meta=k:v");
        (key.to_owned(), value.to_owned())
    });
    IntentRequest {
        amount: amount(words[0]),
        currency: parse(words[1]),
        source: parse(words[2]),
        destination: parse(words[3]),
        corridor: corridor.unwrap_or("domestic").to_owned(),
        capture: if words.contains(&"manual") { Capture::Manual } else { Capture::Automatic },
        effective_at: words.contains(&"backdated").then_some(Timestamp(1)),
        metadata: metadata.collect(),
    }
}

/// `posted reserved available`.
fn balance(world: &World, code: &str) -> String {
    let code: AccountCode = parse(code);
    let Some(view) = world.ledger.account(crate::world::SCOPE, &code) else {
        return "missing".to_owned();
    };
    let (negative, posted) = view.posted();
    let sign = if negative { "-" } else { "" };
    let available = view.available().map_or("unbounded".to_owned(), |some| some.to_string());
    format!("{sign}{posted} {} {available}", view.reserved)
}

/// The state and the sums that are not zero.
fn intent(world: &World, id: &str) -> String {
    let Some(view) = world.ledger.intent(crate::world::SCOPE, &parse(id)) else {
        return "missing".to_owned();
    };
    let sums = [
        ("reserved", view.reserved),
        ("settled", view.settled),
        ("released", view.released),
        ("reversed", view.reversed),
        ("paid_out", view.paid_out),
    ];
    let sums = sums.into_iter().filter(|(_, sum)| !sum.is_zero());
    let sums: String = sums.map(|(word, sum)| format!(" {word}={sum}")).collect();
    format!("{}{sums}", view.state.as_str())
}

fn outcome(world: &World, decision: &Decision, codes: &mut Vec<Code>) -> String {
    match decision {
        Decision::Repeat(at) => format!("repeat {}", at.get()),
        Decision::Refuse(refusal) => {
            codes.push(refusal.code);
            format!("refused {} {}", refusal.code, refusal.detail)
        }
        Decision::Events(events) => {
            let words: Vec<String> = events.iter().map(|event| word(world, event, codes)).collect();
            words.join(" ")
        }
    }
}

/// One event in a word or a few; a rejection with its detail, and with its last check.
fn word(world: &World, event: &Event, codes: &mut Vec<Code>) -> String {
    match event {
        Event::AccountOpened(body) => format!("opened:{}", body.code),
        Event::IntentAccepted(_) => "accepted".to_owned(),
        Event::IntentConfirmed(_) => "confirmed".to_owned(),
        Event::IntentControlled(body) => {
            let names: Vec<&str> = body.checks.iter().map(|check| check.name.as_str()).collect();
            assert!(body.checks.iter().all(|check| check.passed));
            assert_eq!(body.usage_at.get() + 1, world.log.len() as u64);
            format!("controlled:{}", names.join("+"))
        }
        Event::IntentRejected(body) => {
            codes.push(body.code);
            let failed = body.checks.last().filter(|check| !check.passed);
            let failed = failed.map_or(String::new(), |check| format!("({})", check.name));
            format!("rejected{failed} {} {}", body.code, body.detail)
        }
        Event::IntentRouted(body) => format!("routed:{}", body.route),
        Event::IntentVoided(body) => {
            codes.push(body.code);
            format!("voided:{}", body.code)
        }
        Event::IntentReversed(body) => format!("reversed:{}", body.amount),
        Event::PayoutClosed(body) => format!("closed:{}", body.amount),
        Event::IntentDated(_) => "dated".to_owned(),
        Event::LedgerPosted(body) => {
            let leg = format!("{:?}", body.leg).to_lowercase();
            format!("{leg}:{}", body.lines[0].amount)
        }
        Event::EventPublished(body) => {
            let PublishedDataV1::Transfer { amount, .. } = &body.data else {
                panic!("the ledger publishes transfers only");
            };
            format!("published:{}:{amount}", body.event_type)
        }
        other => other.type_name().to_owned(),
    }
}
