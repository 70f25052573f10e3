//! Events that do not fit: whatever a log holds, folding it does not panic and stays consistent.

use super::properties::round_trip;
use super::world::{attempt, policy};
use proptest::prelude::*;
use zentra_delivery::Deliveries;
use zentra_events::event::{
    AttemptResult, DeadReason, DeliveryDeadLetteredV1, DeliveryFailedV1, DeliveryMadeDueV1,
    DeliveryQueuedV1, DeliveryReplayedV1, DeliveryResolvedV1, DeliverySucceededV1, DisableReason,
    EndpointCreatedV1, EndpointDeletedV1, EndpointDisabledV1, EndpointEnabledV1, SecretCreatedV1,
    SecretRotatedV1, SecretVersionEndedV1,
};
use zentra_events::{
    ActorNo, DeliveryId, EndpointId, Event, EventId, Header, Position, ReplayId, RequestId,
    ScopeNo, ScopeNumber, SecretNo, Timestamp,
};

/// Small numbers, so that events often refer to each other and often do not.
type Numbers = (u8, u64, u16, u32, u32, u64);

fn numbers() -> impl Strategy<Value = Numbers> {
    (0..17_u8, 0..12_u64, 0..2_u16, 0..4_u32, 0..4_u32, 0..50_u64)
}

fn event((kind, position, index, a, b, time): Numbers) -> Event {
    let place = Position(position);
    let partition = super::world::PARTITION + u16::from(a == 3);
    let endpoint = EndpointId::at(partition, place, index);
    let delivery = DeliveryId::at(partition, place, index);
    let (event, replay) = (EventId::at(0, place, index), ReplayId::at(0, place, index));
    let (secret, at) = (SecretNo(a), Timestamp(time));
    let tried = attempt(b, AttemptResult::Answered(if a == 0 { 200 } else { 500 }));
    match kind {
        0 => {
            let name = (b == 0).then(|| "shared".to_owned());
            SecretCreatedV1 { secret, name, sealed: vec![1] }.into()
        }
        1 => {
            let sealed = vec![2];
            SecretRotatedV1 { secret, version: b, sealed, previous_until: at }.into()
        }
        2 | 3 => EndpointCreatedV1 {
            url: String::new(),
            filters: vec!["*".into()],
            secret,
            policy: zentra_events::event::RetryPolicyV1 { concurrency: b, ..policy(&[]) },
            description: String::new(),
        }
        .into(),
        4 => EndpointDisabledV1 { endpoint, reason: DisableReason::Gone }.into(),
        5 => EndpointEnabledV1 { endpoint }.into(),
        6 => EndpointDeletedV1 { endpoint }.into(),
        7..=9 => DeliveryQueuedV1 { endpoint, event, due_at: at, parked: b == 0 }.into(),
        10 => DeliverySucceededV1 { delivery, attempt: tried }.into(),
        11 => {
            let next_attempt_at = (b > 0).then_some(at);
            DeliveryFailedV1 { delivery, attempt: tried, next_attempt_at }.into()
        }
        12 => {
            let reason = DeadReason::Exhausted;
            DeliveryDeadLetteredV1 { delivery, attempts: b, reason }.into()
        }
        13 => {
            let due_at = at;
            DeliveryReplayedV1 { delivery, replay, due_at, endpoint, event, attempts: b }.into()
        }
        14 => SecretVersionEndedV1 { secret, version: b }.into(),
        15 => DeliveryMadeDueV1 { delivery, due_at: at, reason: String::new() }.into(),
        _ => DeliveryResolvedV1 { delivery, reason: String::new() }.into(),
    }
}

fn header(position: u64, time: u64) -> Header {
    Header {
        position: Position(position),
        scope: ScopeNo((time % 2) as u32),
        scope_number: ScopeNumber(0),
        recorded_at: Timestamp(time),
        actor: ActorNo(0),
        request_id: RequestId([0; 16]),
        cause: None,
        idempotency: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_events_fold_to_a_state_that_comes_back(
        events in prop::collection::vec((numbers(), 0..12_u64, 0..2_u16), 0..80),
    ) {
        let mut state = Deliveries::new(super::world::PARTITION);
        let mut scheduler = super::world::scheduler(&state, Timestamp(0));
        for (drawn, position, index) in events {
            let (event, header) = (event(drawn), header(position, drawn.5));
            let _ = state.prev_of(&event);
            state.evolve(&header, index, &event);
            scheduler.handle_event(header.recorded_at, &header, index, &event);
            let _ = scheduler.poll_attempt(header.recorded_at);
            prop_assert!(round_trip(&state) == state);
        }
    }
}
