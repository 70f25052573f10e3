//! The table of conditions: an intent that does not meet one takes the slow path, to the same
//! outcome. A new condition does not compile here without its row.

use crate::engine::Engine;
use crate::fast_path::EligibleIntent;
use crate::fast_path::tests::pair::{Pair, account, eur, fund, request, transfer};
use crate::{AccessCommand, Command, Request};
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_events::event::{AccountStatus, Capture, PolicyRuleV1, RouteV1};
use zentra_events::{
    AccountNo, Amount, Currency, IntentId, Position, RequestId, ScopeNo, Span, Timestamp,
};
use zentra_ledger::{Condition, FastIntent, IntentRequest, LedgerCommand};

/// How a condition is not met.
enum Row {
    /// After these commands by this request.
    Asked(Vec<Command>, Box<Request>),
    /// By an intent whose source is another scope's, by its number, as items of a batch name it.
    OfOtherScope,
    /// By nothing that anybody may ask; the ledger's own table has it.
    Never,
}

/// A row for each condition.
fn row(unmet: Condition) -> Row {
    match unmet {
        Condition::SaysWhatItMoves => Row::Asked(vec![], Box::new(request(accept("new", None)))),
        Condition::IdIsNew => asked_with("first", |_| {}),
        Condition::ScopeIsKnown => of(|request| request.scope = ScopeNo(7)),
        Condition::ActorIsKnown => of(|request| request.actor = "newcomer".parse().unwrap()),
        Condition::SystemAccountsAreOpen => asked(|intent| intent.currency = usd()),
        Condition::AccountsAreThere => {
            asked(|intent| intent.destination = "merchant_balance:new".parse().unwrap())
        }
        Condition::HasNoCause => of(|request| request.cause = Some(Position::ZERO)),
        Condition::NobodyListens => after(vec![endpoint()], |_| {}),
        Condition::SettlesAtOnce => asked(|intent| intent.capture = Capture::Manual),
        Condition::HasNoEffectiveTime => asked(|intent| intent.effective_at = Some(Timestamp(9))),
        Condition::HasNoMetadata => {
            asked(|intent| intent.metadata = vec![("key".to_owned(), "value".to_owned())])
        }
        Condition::CorridorIsAName => asked(|intent| intent.corridor = String::new()),
        Condition::AmountIsNotZero => asked(|intent| intent.amount = Amount::ZERO),
        Condition::AmountFits => asked(|intent| intent.amount = Amount(1 << 64)),
        Condition::NoVelocityRule => after(vec![policy(velocity())], |_| {}),
        Condition::PolicyPasses => after(vec![policy(limit(4))], |_| {}),
        Condition::RouteServes => after(vec![route_for("other")], |_| {}),
        Condition::PartiesDiffer => asked(|intent| intent.destination = intent.source.clone()),
        Condition::AccountsAreOfTheScope => Row::OfOtherScope,
        Condition::AccountsAreInTheCurrency => after(dollars(), |intent| intent.currency = usd()),
        Condition::AccountsAreOpen => after(vec![freeze(3)], |_| {}),
        Condition::PartiesAreTheCallers => asked(|intent| intent.destination = account(4)),
        Condition::FundsSuffice => asked(|intent| intent.amount = Amount(10_000)),
        Condition::NumberIsLeft | Condition::TotalsHold => Row::Never,
    }
}

/// A scope in which an intent of [`plain`] takes the fast path.
fn ready() -> Pair {
    let mut pair = Pair::new();
    pair.ask(fund(0, 200), None);
    pair.ask(accept("first", Some(plain())), None);
    pair
}

#[test]
fn an_intent_that_meets_every_condition_takes_the_fast_path() {
    let mut pair = ready();
    pair.decide(&request(accept("new", Some(plain()))));
    assert_eq!(pair.compact, 1);
}

#[test]
fn each_condition_that_is_not_met_leads_to_the_slow_path() {
    for unmet in Condition::ALL {
        let mut pair = ready();
        match row(*unmet) {
            Row::Asked(before, request) => {
                ask_all(&mut pair, before);
                let (now, state) = (pair.now(), pair.fast.digests());
                assert_eq!(pair.fast.fast_command(now, &request).unwrap_err(), *unmet);
                assert_eq!(pair.fast.digests(), state, "{unmet:?} changes nothing");
                pair.decide(&request);
                assert_eq!(pair.compact, 0, "{unmet:?}");
                pair.check();
            }
            Row::OfOtherScope => {
                let source = of_other_scope(&mut pair);
                let now = pair.now();
                assert_eq!(by_number(&mut pair.fast, now, source), Some(*unmet));
                pair.check();
            }
            Row::Never => {}
        }
    }
}

fn ask_all(pair: &mut Pair, commands: Vec<Command>) {
    for command in commands {
        pair.ask(command, None);
    }
}

/// Decides an intent whose source is named by its number; why it is not eligible, if it is not.
fn by_number(engine: &mut Engine, now: Timestamp, source: AccountNo) -> Option<Condition> {
    let eligibility = engine.eligibility(ScopeNo(0), &"svc".parse().unwrap(), false).unwrap();
    let destination = engine.account_number(ScopeNo(0), account(3).as_str()).unwrap();
    let eligible = EligibleIntent {
        request_id: RequestId([7; 16]),
        idempotency: None,
        intent_id: "named",
        currency: eur(),
        corridor: "default",
        intent: FastIntent {
            key: &[9; 16],
            digest: [9; 16],
            amount: Amount(5),
            source,
            destination,
        },
    };
    engine.fast_path(now, eligibility, &eligible, &mut None, |_| {}).err()
}

fn asked_with(id: &str, change: impl FnOnce(&mut IntentRequest)) -> Row {
    let mut intent = plain();
    change(&mut intent);
    Row::Asked(vec![], Box::new(request(accept(id, Some(intent)))))
}

fn asked(change: impl FnOnce(&mut IntentRequest)) -> Row {
    asked_with("new", change)
}

fn after(before: Vec<Command>, change: impl FnOnce(&mut IntentRequest)) -> Row {
    match asked(change) {
        Row::Asked(_, request) => Row::Asked(before, request),
        other => other,
    }
}

fn of(change: impl FnOnce(&mut Request)) -> Row {
    let mut asked = request(accept("new", Some(plain())));
    change(&mut asked);
    Row::Asked(vec![], Box::new(asked))
}

fn plain() -> IntentRequest {
    IntentRequest {
        amount: Amount(5),
        currency: eur(),
        source: account(0),
        destination: account(3),
        corridor: "default".to_owned(),
        capture: Capture::Automatic,
        effective_at: None,
        metadata: Vec::new(),
    }
}

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn accept(id: &str, details: Option<IntentRequest>) -> Command {
    let intent_id: IntentId = id.parse().unwrap();
    Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest: [5; 16], details })
}

fn policy(rule: PolicyRuleV1) -> Command {
    Command::Ledger(LedgerCommand::SetPolicy { rules: vec![rule] })
}

fn limit(amount: u128) -> PolicyRuleV1 {
    PolicyRuleV1::LimitCheck { currency: eur(), amount_max: Amount(amount) }
}

fn velocity() -> PolicyRuleV1 {
    let (currency, window_ns, sum_max) = (eur(), Span(500), Amount(40));
    PolicyRuleV1::Velocity { currency, window_ns, count_max: 9, sum_max }
}

fn route_for(corridor: &str) -> Command {
    let route = RouteV1 {
        id: "only".to_owned(),
        corridor: corridor.to_owned(),
        currency: eur(),
        rail: "rail".to_owned(),
        amount_min: Amount(1),
        amount_max: Amount(200),
        priority: 1,
        enabled: true,
    };
    Command::Ledger(LedgerCommand::SetRoutes { routes: vec![route] })
}

fn freeze(number: u8) -> Command {
    let (code, status, reason) = (account(number), AccountStatus::Frozen, String::new());
    Command::Ledger(LedgerCommand::SetAccountStatus { code, status, reason, by_admin: true })
}

fn endpoint() -> Command {
    Command::Delivery(DeliveryCommand::CreateEndpoint {
        url: "https://example.com/".into(),
        filters: vec!["transfer.settled".into()],
        secret: SecretChoice::Own { sealed: vec![1] },
        policy: default_policy(),
        description: String::new(),
    })
}

/// Opens the system's accounts in dollars.
fn dollars() -> Vec<Command> {
    let [world, source, destination] =
        ["world:usd", "customer_balance:usd", "merchant_balance:usd"].map(|c| c.parse().unwrap());
    let intent = IntentRequest { currency: usd(), source, destination, ..plain() };
    let funded = transfer(world, intent.source.clone(), Amount(9), usd());
    vec![funded, accept("dollars", Some(intent))]
}

/// Makes a scope beside the first; an account of it.
fn of_other_scope(pair: &mut Pair) -> AccountNo {
    let name = "other_scope".parse().unwrap();
    pair.ask(Command::Access(AccessCommand::CreateScope { name, key: None }), None);
    let scope = ScopeNo(1);
    pair.decide(&Request { scope, ..request(fund(0, 200)) });
    pair.fast.account_number(scope, account(0).as_str()).unwrap()
}
