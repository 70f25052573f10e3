//! At least one fully populated value of every event type and version.
//!
//! Owns the values behind the golden fixtures, so an existing sample never changes; new ones are
//! added with a label. Must not be random.

use zentra_events::event::*;
use zentra_events::{
    AccountNo, ActorNo, Amount, Code, Currency, DeliveryId, Direction, EndpointId, Entry, Event,
    EventId, Header, Idempotency, IntentId, IntentNo, KeyId, Position, Quota, Recorded, ReplayId,
    RequestId, ScopeNo, ScopeNumber, SecretNo, Span, Timestamp,
};

/// One value of an event type.
pub(crate) struct Sample {
    /// The fixture's name: `<type>.v<N>`, and for further values of a type `.<label>`.
    pub(crate) name: String,
    /// The entry that holds only this event.
    pub(crate) entry: Entry,
}

/// Every sample, in the order of tags.
pub(crate) fn samples() -> Vec<Sample> {
    let families =
        [scope(), access(), rules(), accounts(), intents(), published(), webhooks(), deliveries()];
    let listed = families.into_iter().flatten().map(|(label, event)| {
        let stem = format!("{}.v{}", event.type_name(), event.version());
        let name = if label.is_empty() { stem } else { format!("{stem}.{label}") };
        Sample { name, entry: entry_of(event) }
    });
    listed.collect()
}

type Labelled = Vec<(&'static str, Event)>;

fn entry_of(event: Event) -> Entry {
    let header = Header {
        position: Position(1_000),
        scope: ScopeNo(3),
        scope_number: ScopeNumber(41),
        recorded_at: Timestamp(1_777_212_729_123_456_789),
        actor: ActorNo(5),
        request_id: RequestId(*b"request-0123456!"),
        cause: Some(Position(998)),
        idempotency: Some(Idempotency { key: [0x11; 16], fingerprint: [0x22; 16] }),
    };
    Entry::of_events(header, vec![Recorded { prev: Some(Position(900)), event }])
}

fn scope() -> Labelled {
    vec![
        ("", ScopeCreatedV1 { scope: ScopeNo(3), name: "acme".parse().unwrap() }.into()),
        ("", ActorRegisteredV1 { actor: ActorNo(5), name: "ops@acme".parse().unwrap() }.into()),
        (
            "",
            CommandRefusedV1 {
                code: Code::InsufficientFunds,
                detail: "available 10, wanted 11\n\"quoted\" caf\u{e9}".to_owned(),
            }
            .into(),
        ),
        (
            "",
            ScopeQuotasSetV1 {
                overrides: vec![
                    QuotaOverrideV1 { quota: Quota::Endpoints, limit: 25 },
                    QuotaOverrideV1 { quota: Quota::RequestsPerSecond, limit: u64::MAX },
                ],
            }
            .into(),
        ),
    ]
}

fn access() -> Labelled {
    let key = KeyId::at(0, Position(77), 2);
    let created = KeyCreatedV1 {
        actor: ActorNo(5),
        hash: [0xab; 32],
        roles: role::WRITER | role::AUDITOR,
        label: "payments service".to_owned(),
    };
    vec![("", created.into()), ("", KeyRevokedV1 { key }.into())]
}

fn rules() -> Labelled {
    let chart = ChartSetV1 {
        version: 2,
        templates: vec![
            template("customer_balance:*", NormalSide::Credit, Floor::None),
            template("credit_line:*", NormalSide::Debit, Floor::Limit(Amount(250_000))),
            template("bank", NormalSide::Debit, Floor::Unbounded),
        ],
    };
    let policy = PolicySetV1 {
        version: 4,
        rules: vec![
            PolicyRuleV1::LimitCheck { currency: currency("EUR"), amount_max: Amount(1_000_000) },
            PolicyRuleV1::Velocity {
                currency: currency("JPY"),
                window_ns: Span::seconds(86_400),
                count_max: 100,
                sum_max: Amount(u128::MAX),
            },
            PolicyRuleV1::CurrencyList { allowed: vec![currency("EUR"), currency("USD")] },
            PolicyRuleV1::CorridorList { allowed: vec!["sepa".to_owned()] },
        ],
    };
    let route = RouteV1 {
        id: "sepa-instant".to_owned(),
        corridor: "sepa".to_owned(),
        currency: currency("EUR"),
        rail: "sct-inst".to_owned(),
        amount_min: Amount(1),
        amount_max: Amount(10_000_000),
        priority: 10,
        enabled: true,
    };
    let routes = RoutesSetV1 { version: 6, routes: vec![route] };
    let reset = RoutesResetV1 { version: 6 };
    let declared = CurrencyDeclaredV1 { currency: currency("USDC"), exponent: 6 };
    vec![
        ("", chart.into()),
        ("", policy.into()),
        ("", routes.into()),
        ("", reset.into()),
        ("", declared.into()),
    ]
}

fn template(pattern: &str, normal_side: NormalSide, floor: Floor) -> TemplateV1 {
    TemplateV1 { pattern: pattern.to_owned(), normal_side, floor }
}

fn accounts() -> Labelled {
    let opened = AccountOpenedV1 {
        account: AccountNo(12),
        code: "account:12".parse().unwrap(),
        currency: currency("EUR"),
        exponent: 2,
        normal_side: NormalSide::Credit,
        floor: Floor::Limit(Amount(500)),
    };
    let changed = AccountStatusChangedV1 {
        account: AccountNo(12),
        status: AccountStatus::Frozen,
        reason: "court order 17".to_owned(),
    };
    let changed_by = AccountStatusChangedV2 { by_admin: true, ..changed.clone().into() };
    let corrected = LedgerCorrectedV1 { reason: "paid twice, ticket 93".to_owned() };
    let lines = vec![
        posting(12, Direction::Debit, Some(Position(901))),
        posting(13, Direction::Credit, None),
    ];
    let posted =
        LedgerPostedV1 { intent: Some(IntentNo(42)), leg: Leg::Reserve, lines: lines.clone() };
    let own = LedgerPostedV1 { intent: None, leg: Leg::Transfer, lines };
    let marked = AccountMarkedV1 {
        account: AccountNo(12),
        number: 64,
        debits: Amount(1_250_000),
        credits: Amount(u128::MAX),
        back: vec![Position(899), Position(700), Position(21)],
    };
    vec![
        ("", opened.into()),
        ("", changed.into()),
        ("", changed_by.into()),
        ("", corrected.into()),
        ("", posted.into()),
        ("transfer", own.into()),
        ("", marked.into()),
    ]
}

fn posting(account: u32, direction: Direction, prev: Option<Position>) -> PostingV1 {
    PostingV1 { account: AccountNo(account), direction, amount: Amount(1_250), prev }
}

fn intents() -> Labelled {
    let (intent, intent_id) = (IntentNo(42), intent_id());
    let digest = [0x5a; 16];
    let check = CheckV1 {
        name: "limit_check".to_owned(),
        passed: true,
        limit: Some(Amount(1_000_000)),
        used: Some(Amount(998_750)),
    };
    let failed = CheckV1 { passed: false, used: None, ..check.clone() };
    let refused = CandidateV1 {
        route: "sepa-credit".to_owned(),
        refused_because: Some("disabled".to_owned()),
    };
    let id = || intent_id.clone();
    let accepted = IntentAcceptedV1 { intent, intent_id: id(), digest, details: Some(details()) };
    let waiting = IntentAcceptedV1 { intent, intent_id: id(), digest, details: None };
    let confirmed = IntentConfirmedV1 { intent, intent_id: id(), digest, details: details() };
    let usage_at = Position(1_000);
    let controlled =
        IntentControlledV1 { intent, policy_version: 4, checks: vec![check.clone()], usage_at };
    let rejected = IntentRejectedV1 {
        intent,
        code: Code::LimitExceeded,
        detail: "amount 1000001 is over the limit 1000000".to_owned(),
        checks: vec![check, failed],
    };
    let routed = IntentRoutedV1 {
        intent,
        corridor: "sepa".to_owned(),
        route: "sepa-instant".to_owned(),
        rail: "sct-inst".to_owned(),
        candidates: vec![refused],
        table_version: 6,
    };
    let voided = IntentVoidedV1 {
        intent,
        intent_id: id(),
        code: Code::VoidRequested,
        reason: "customer changed their mind".to_owned(),
    };
    let reversed = IntentReversedV1 {
        intent,
        intent_id: id(),
        amount: Amount(250),
        reason: "goods returned".to_owned(),
    };
    let dated = IntentDatedV1 { intent, effective_at: Timestamp(1_777_300_000_000_000_000) };
    let closed = PayoutClosedV1 { intent, intent_id: id(), amount: Amount(1_000) };
    vec![
        ("", accepted.into()),
        ("waiting", waiting.into()),
        ("", confirmed.into()),
        ("", controlled.into()),
        ("", rejected.into()),
        ("", routed.into()),
        ("", voided.into()),
        ("", reversed.into()),
        ("", closed.into()),
        ("", dated.into()),
    ]
}

fn details() -> IntentDetailsV1 {
    IntentDetailsV1 {
        amount: Amount(1_250),
        currency: currency("EUR"),
        source: Party::Account(AccountNo(12)),
        destination: Party::Unknown("shop:17".parse().unwrap()),
        corridor: "sepa".to_owned(),
        capture: Capture::Manual,
        effective_at: Some(Timestamp(1_777_300_000_000_000_000)),
        metadata: vec![("order".to_owned(), "A-17".to_owned())],
    }
}

fn published() -> Labelled {
    let settled = EventPublishedV1 {
        event_type: "transfer.settled".parse().unwrap(),
        data: PublishedDataV1::Transfer {
            intent: IntentNo(42),
            intent_id: intent_id(),
            amount: Amount(1_250),
            currency: currency("EUR"),
            source: AccountNo(12),
            destination: AccountNo(13),
        },
    };
    let endpoint = EventPublishedV1 {
        event_type: "webhook.endpoint.created".parse().unwrap(),
        data: PublishedDataV1::Endpoint {
            endpoint: endpoint(),
            url: "https://hooks.example.com/in".to_owned(),
        },
    };
    let own = EventPublishedV1 {
        event_type: "invoice.paid".parse().unwrap(),
        data: PublishedDataV1::Own { data: "{\"invoice\":\"INV-9\",\"total\":12.50}".to_owned() },
    };
    vec![("", settled.into()), ("endpoint", endpoint.into()), ("own", own.into())]
}

fn webhooks() -> Labelled {
    let endpoint = endpoint();
    let policy = RetryPolicyV1 {
        schedule_ns: vec![Span::seconds(0), Span::seconds(5), Span::seconds(300)],
        timeout_ns: Span::seconds(15),
        concurrency: 4,
        disable_after: 50,
    };
    let created = EndpointCreatedV1 {
        url: "https://hooks.example.com/in".to_owned(),
        filters: vec!["invoice.paid".to_owned(), "transfer.*".to_owned()],
        secret: SecretNo(8),
        policy,
        description: "the shop's order service".to_owned(),
    };
    let disabled = EndpointDisabledV1 { endpoint, reason: DisableReason::Gone };
    let secret = SecretCreatedV1 {
        secret: SecretNo(8),
        name: Some("whsec_live".to_owned()),
        sealed: b"sealed secret bytes 1".to_vec(),
    };
    let rotated = SecretRotatedV1 {
        secret: SecretNo(8),
        version: 2,
        sealed: b"sealed secret bytes 2".to_vec(),
        previous_until: Timestamp(1_777_299_129_000_000_000),
    };
    vec![
        ("", created.into()),
        ("", disabled.into()),
        ("", EndpointEnabledV1 { endpoint }.into()),
        ("", EndpointDeletedV1 { endpoint }.into()),
        ("", secret.into()),
        ("", rotated.into()),
        ("", SecretVersionEndedV1 { secret: SecretNo(8), version: 1 }.into()),
    ]
}

fn deliveries() -> Labelled {
    let (delivery, replay) = (delivery(), ReplayId::at(0, Position(870), 0));
    let at = Timestamp(1_777_212_734_000_000_000);
    let event = EventId::at(0, Position(850), 4);
    let queued = DeliveryQueuedV1 { endpoint: endpoint(), event, due_at: at, parked: true };
    let succeeded =
        DeliverySucceededV1 { delivery, attempt: attempt(AttemptResult::Answered(204)) };
    let failed =
        |result| DeliveryFailedV1 { delivery, attempt: attempt(result), next_attempt_at: Some(at) };
    let reason = DeadReason::Exhausted;
    let dead = DeliveryDeadLetteredV1 { delivery, attempts: 10, reason };
    let replayed = DeliveryReplayedV1 {
        delivery,
        replay,
        due_at: at,
        endpoint: endpoint(),
        event,
        attempts: 3,
    };
    let resolved = DeliveryResolvedV1 { delivery, reason: "told the customer by phone".to_owned() };
    let made_due = DeliveryMadeDueV1 { delivery, due_at: at, reason: "mended".to_owned() };
    let requested = ReplayRequestedV1 {
        filter: "{\"endpoint\":\"wep_x\"}".to_owned(),
        reason: "consumer was down".to_owned(),
        named: 2,
        skipped: vec![delivery],
    };
    let note = "zentra/acme\n41\n".to_owned();
    let sealed = EvidenceSealedV1 { tree_size: 41, root: [0xcd; 32], note };
    vec![
        ("", queued.into()),
        ("", succeeded.into()),
        ("", failed(AttemptResult::Answered(500)).into()),
        ("timed_out", failed(AttemptResult::TimedOut).into()),
        ("", dead.into()),
        ("", replayed.into()),
        ("", resolved.into()),
        ("", made_due.into()),
        ("", requested.into()),
        ("", sealed.into()),
    ]
}

fn attempt(result: AttemptResult) -> AttemptV1 {
    AttemptV1 {
        number: 3,
        replay: Some(ReplayId::at(0, Position(870), 0)),
        started_at: Timestamp(1_777_212_729_000_000_000),
        duration_ns: Span::millis(87),
        url: "https://hooks.example.com/in".to_owned(),
        result,
        signed_at_seconds: 1_777_212_729,
        secret_versions: vec![2, 1],
        signature: "v1,c2lnbmF0dXJl v1,b2xkZXI=".to_owned(),
        payload_hash: [0xef; 32],
        response_excerpt: "no\tcontent \u{1f600}".to_owned(),
    }
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn intent_id() -> IntentId {
    "intent_042".parse().unwrap()
}

fn endpoint() -> EndpointId {
    EndpointId::at(0, Position(600), 1)
}

fn delivery() -> DeliveryId {
    DeliveryId::at(0, Position(850), 5)
}
