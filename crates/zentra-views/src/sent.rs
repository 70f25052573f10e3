//! Random lives of deliveries: what the views tell of them and of replays is what the state and a
//! plain model say.

use crate::{ListKind, RowFilter, Views};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use zentra_delivery::{
    DeliveryCommand, DeliveryStatus, DeliveryView, EndpointStatus, SecretChoice,
};
use zentra_engine::{AccessCommand, Command};
use zentra_events::event::{AttemptResult, AttemptV1, RetryPolicyV1};
use zentra_events::{DeliveryId, EndpointId, Event, ReplayId, ScopeNo, Span, Timestamp};
use zentra_testkit::made::Made;

const SCOPE: ScopeNo = ScopeNo(0);

#[derive(Clone, Debug)]
enum Step {
    Publish,
    Disable(usize),
    Enable(usize),
    Delete(usize),
    Finish(usize, AttemptResult),
    Replay(Vec<usize>),
    Resend(usize),
    Resolve(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use AttemptResult as R;
    let results =
        vec![R::Answered(200), R::Answered(500), R::Answered(410), R::NotTls, R::TimedOut];
    let any = any::<usize>;
    let step = prop_oneof![
        3 => Just(Step::Publish),
        1 => any().prop_map(Step::Disable),
        2 => any().prop_map(Step::Enable),
        1 => any().prop_map(Step::Delete),
        8 => (any(), prop::sample::select(results)).prop_map(|(no, how)| Step::Finish(no, how)),
        3 => prop::collection::vec(any(), 1..6).prop_map(Step::Replay),
        2 => any().prop_map(Step::Resend),
        2 => any().prop_map(Step::Resolve),
    ];
    prop::collection::vec(step, 1..60)
}

struct Life {
    made: Made,
    endpoints: Vec<EndpointId>,
    deliveries: Vec<DeliveryId>,
    /// What became of each delivery in each replay.
    replays: BTreeMap<ReplayId, BTreeMap<DeliveryId, &'static str>>,
    taken_in: usize,
}

impl Life {
    fn new() -> Life {
        let made = Made::default();
        let (endpoints, deliveries, replays) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut life = Life { made, endpoints, deliveries, replays, taken_in: 0 };
        let name = "acme".parse().unwrap();
        life.ask(Command::Access(AccessCommand::CreateScope { name, key: None }));
        for _ in 0..2 {
            life.deliver(DeliveryCommand::CreateEndpoint {
                url: "https://example.com/".into(),
                filters: vec!["order.*".into()],
                secret: SecretChoice::Own { sealed: vec![1] },
                policy: RetryPolicyV1 {
                    schedule_ns: vec![Span(0), Span::seconds(5)],
                    ..zentra_delivery::default_policy()
                },
                description: String::new(),
            });
        }
        life
    }

    fn ask(&mut self, command: Command) {
        let now = Timestamp(1_000_000_000 * (1 + self.made.entries.len() as u64));
        if self.made.try_to(now, command).is_none() {
            self.take_in();
        }
    }

    fn deliver(&mut self, command: DeliveryCommand) {
        self.ask(Command::Delivery(command));
    }

    fn step(&mut self, step: &Step) {
        let endpoint = |no: usize| self.endpoints[no % self.endpoints.len()];
        let delivery = |no: &usize| {
            let count = self.deliveries.len();
            (count > 0).then(|| self.deliveries[no % count])
        };
        let reason = "asked".to_owned();
        let command = match step {
            Step::Publish => {
                let event_type = "order.paid".parse().unwrap();
                Some(DeliveryCommand::Publish { event_type, data: "{}".into() })
            }
            Step::Disable(no) => Some(DeliveryCommand::DisableEndpoint { endpoint: endpoint(*no) }),
            Step::Enable(no) => Some(DeliveryCommand::EnableEndpoint { endpoint: endpoint(*no) }),
            // Once: a second time is answered as the first.
            Step::Delete(no) => Some(endpoint(*no))
                .filter(|id| {
                    let deliveries = self.made.engine.deliveries();
                    let found = deliveries.endpoint(SCOPE, *id).unwrap();
                    found.status != EndpointStatus::Deleted
                })
                .map(|endpoint| DeliveryCommand::DeleteEndpoint { endpoint }),
            Step::Finish(no, result) => delivery(no).map(|delivery| {
                let attempt = self.attempt(delivery, *result);
                DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None }
            }),
            Step::Replay(some) => Some(DeliveryCommand::Replay {
                deliveries: some.iter().filter_map(delivery).collect(),
                filter: "{}".into(),
                reason,
            }),
            Step::Resend(no) => {
                delivery(no).map(|delivery| DeliveryCommand::Resend { delivery, reason })
            }
            Step::Resolve(no) => {
                delivery(no).map(|delivery| DeliveryCommand::ResolveDelivery { delivery, reason })
            }
        };
        if let Some(command) = command {
            self.deliver(command);
        }
    }

    fn view(&self, delivery: DeliveryId) -> DeliveryView {
        self.made.engine.deliveries().delivery(SCOPE, delivery).unwrap()
    }

    fn attempt(&self, delivery: DeliveryId, result: AttemptResult) -> AttemptV1 {
        let view = self.view(delivery);
        AttemptV1 {
            number: view.attempts + 1,
            replay: view.replay,
            started_at: Timestamp(7),
            duration_ns: Span::millis(5),
            url: "https://example.com/".into(),
            result,
            signed_at_seconds: 1,
            secret_versions: vec![1],
            signature: "v1,AAAA".into(),
            payload_hash: [0; 32],
            response_excerpt: String::new(),
        }
    }

    fn take_in(&mut self) {
        for entry in &self.made.entries[self.taken_in..] {
            let position = entry.header.position;
            for (index, recorded) in entry.events().iter().enumerate() {
                let index = index as u16;
                match &recorded.event {
                    Event::EndpointCreated(_) => {
                        self.endpoints.push(EndpointId::at(0, position, index));
                    }
                    Event::DeliveryQueued(_) => {
                        self.deliveries.push(DeliveryId::at(0, position, index));
                    }
                    Event::DeliveryReplayed(body) => {
                        let of_replay = self.replays.entry(body.replay).or_default();
                        of_replay.insert(body.delivery, "waiting");
                    }
                    Event::DeliverySucceeded(body) => {
                        if let Some(replay) = body.attempt.replay {
                            let of_replay = self.replays.get_mut(&replay).unwrap();
                            of_replay.insert(body.delivery, "delivered");
                        }
                    }
                    Event::DeliveryDeadLettered(body) => {
                        ended(&mut self.replays, body.delivery, "dead_lettered");
                    }
                    Event::DeliveryResolved(body) => {
                        ended(&mut self.replays, body.delivery, "resolved");
                    }
                    _ => {}
                }
            }
        }
        self.taken_in = self.made.entries.len();
    }
}

/// What waits in a replay has come to this end.
fn ended(
    replays: &mut BTreeMap<ReplayId, BTreeMap<DeliveryId, &'static str>>,
    delivery: DeliveryId,
    how: &'static str,
) {
    for of_replay in replays.values_mut() {
        if of_replay.get(&delivery) == Some(&"waiting") {
            of_replay.insert(delivery, how);
        }
    }
}

fn listed(views: &Views, kind: ListKind) -> BTreeMap<String, Value> {
    let page = views.list(kind, SCOPE, &RowFilter::default(), None, 500).unwrap();
    page.rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect()
}

fn check(life: &Life, views: &Views) {
    let (rows, dead) = (listed(views, ListKind::Deliveries), listed(views, ListKind::DeadLetters));
    assert_eq!(rows.len(), life.deliveries.len());
    for id in &life.deliveries {
        let (view, row) = (life.view(*id), &rows[&id.to_string()]);
        assert_eq!(row["status"], view.status.as_str(), "{row}");
        assert_eq!(row["attempt_count"], view.attempts);
        assert_eq!(row["replay_id"], json!(view.replay));
        assert_eq!(row["next_attempt_at"], json!(view.next_attempt_at), "{row}");
        let is_dead = view.status == DeliveryStatus::DeadLettered;
        assert_eq!(dead.contains_key(&id.to_string()), is_dead);
    }
    let replays = listed(views, ListKind::Replays);
    assert_eq!(replays.len(), life.replays.len());
    for (id, of_replay) in &life.replays {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for how in of_replay.values() {
            *counts.entry(how).or_default() += 1;
        }
        let waits = counts.contains_key("waiting");
        let parked = of_replay.iter().filter(|(delivery, how)| {
            **how == "waiting" && life.view(**delivery).status == DeliveryStatus::Parked
        });
        let mut shown = Map::new();
        views.stored().unwrap().replay(*id).unwrap().show(&mut shown);
        assert_eq!(shown["parked"], parked.count());
        for told in [&Value::Object(shown), &replays[&id.to_string()]] {
            assert_eq!(told["result"], json!(counts));
            assert_eq!(told["status"], if waits { "replaying" } else { "finished" });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lists_say_of_deliveries_and_replays_what_became_of_them(
        steps in steps(), chunk in 1..20_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let views = Views::of_nothing(folder.path());
        let mut life = Life::new();
        let mut folded = 0;
        for some in steps.chunks(7) {
            some.iter().for_each(|step| life.step(step));
            for batch in life.made.entries[folded..].chunks(chunk) {
                views.fold(batch).unwrap();
            }
            folded = life.made.entries.len();
            check(&life, &views);
        }
        // Folded again from nothing it tells the same.
        let again = tempfile::tempdir().unwrap();
        let views = Views::of_nothing(again.path());
        views.fold(&life.made.entries).unwrap();
        check(&life, &views);
    }
}
