//! Nothing that the kernel is asked costs more when there is more: every query of the server, in a
//! state of few things of each kind and in one of eight times as many.
//!
//! A query is found in the source, by its file: one that no request here leads to fails the test.
//! What a read view of the state costs is counted beside the engine.

use super::query_costs::Cost;
use super::world::{World, request};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tokio::task::JoinSet;
use zentra_control::{Control, ControlRequest};
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command, NewKey};
use zentra_events::event::{Floor, NormalSide, role};
use zentra_events::{Idempotency, ScopeNo};
use zentra_ledger::LedgerCommand;
use zentra_runtime::Answer;

/// More than the scopes that are looked at in one turn.
const FEW: u32 = 70;
const TIMES: u32 = 8;
/// The only scope that more than one thing is in.
const SCOPE: ScopeNo = ScopeNo(0);

fn endpoint(filter: &str) -> Command {
    Command::Delivery(DeliveryCommand::CreateEndpoint {
        url: "https://example.com/".into(),
        filters: vec![filter.into()],
        secret: SecretChoice::Own { sealed: vec![1] },
        policy: default_policy(),
        description: String::new(),
    })
}

/// One thing of each kind.
fn things(number: u32) -> Vec<(ScopeNo, Command)> {
    let scope = format!("scope_{number}").parse().unwrap();
    let key = NewKey {
        actor: format!("svc_{number}").parse().unwrap(),
        hash: *blake3::hash(&number.to_le_bytes()).as_bytes(),
        roles: role::WRITER,
        label: String::new(),
    };
    let ledger = [
        LedgerCommand::OpenAccount {
            code: format!("a{number}").parse().unwrap(),
            currency: "EUR".parse().unwrap(),
            exponent: None,
            normal_side: NormalSide::Credit,
            floor: Floor::None,
            by_admin: true,
        },
        LedgerCommand::DeclareCurrency {
            currency: format!("C{number:04}").parse().unwrap(),
            exponent: 2,
        },
        LedgerCommand::AcceptIntent {
            intent_id: format!("i{number}").parse().unwrap(),
            digest: [1; 16],
            details: None,
        },
    ];
    let publish =
        DeliveryCommand::Publish { event_type: "order.paid".parse().unwrap(), data: "{}".into() };
    let made = AccessCommand::CreateScope { name: scope, key: None };
    let mut all = vec![(ScopeNo(u32::MAX), Command::Access(made))];
    all.extend(ledger.map(|command| (SCOPE, Command::Ledger(command))));
    all.push((SCOPE, Command::Access(AccessCommand::CreateKey(key))));
    all.push((SCOPE, endpoint("none.*")));
    // The event waits at the endpoint that is disabled.
    all.push((SCOPE, Command::Delivery(publish)));
    all
}

/// A world with so many things of each kind.
async fn grown(many: u32) -> World {
    let world = World::challenging().await;
    world.submit(SCOPE, endpoint("order.*")).await;
    let listed = world.get("/webhook-endpoints").await.expect(StatusCode::OK);
    let waits = listed["data"][0]["id"].as_str().unwrap().parse().unwrap();
    let disable = DeliveryCommand::DisableEndpoint { endpoint: waits };
    world.submit(SCOPE, Command::Delivery(disable)).await;
    world.fund("customer_balance", 1_000_000).await;
    let hold = json!({ "intent_id": "held", "source": "customer_balance",
        "destination": "merchant_balance", "capture": "manual",
        "amount": { "minor_units": 5, "currency": "EUR" } });
    world.post("/intents", &hold).await.expect(StatusCode::CREATED);
    for some in (0..many).collect::<Vec<_>>().chunks(32) {
        let mut asked = JoinSet::new();
        for (place, (scope, command)) in some.iter().flat_map(|number| things(*number)).enumerate()
        {
            let handle = world.handle().clone();
            let mut request = request(scope, command);
            let key = blake3::hash(format!("{some:?}{place}").as_bytes());
            let key = *key.as_bytes().first_chunk().unwrap();
            request.idempotency = Some(Idempotency { key, fingerprint: [0; 16] });
            asked.spawn(async move { handle.submit(request).await.unwrap() });
        }
        while let Some(answer) = asked.join_next().await {
            let answer = answer.unwrap();
            assert!(!matches!(answer, Answer::Refused(_)), "{answer:?}");
        }
    }
    let names = |most: u32| (0..many.min(most)).map(|number| format!("n{number}"));
    let routes: Vec<Value> = names(1_000)
        .map(|id| json!({ "id": id, "corridor": id, "currency": "EUR", "rail": "r" }))
        .collect();
    let templates: Vec<Value> = names(256).map(|pattern| json!({ "pattern": pattern })).collect();
    let allowed: Vec<String> = names(255).chain(["default".to_owned()]).collect();
    let rules = json!([{ "rule": "corridor_list", "allowed": allowed }]);
    for (path, body) in [
        ("/routes", json!({ "routes": routes })),
        ("/chart", json!({ "templates": templates })),
        ("/policy", json!({ "rules": rules })),
    ] {
        world.put(path, &body).await.expect(StatusCode::OK);
    }
    world
}

/// The newest of a list, once the lists have come so far.
async fn first(world: &World, list: &str) -> String {
    loop {
        let page = world.get(&format!("{list}?limit=1")).await;
        if let Some(id) = page.body["data"][0]["id"].as_str() {
            return id.to_owned();
        }
    }
}

/// Asks everything that the server asks the kernel.
async fn ask_all(world: &World) {
    let (delivery, endpoint) =
        (first(world, "/deliveries").await, first(world, "/webhook-endpoints").await);
    for path in [
        "/accounts?limit=5",
        "/accounts/a1",
        "/accounts/a1/balance",
        "/chart",
        "/currencies?limit=5",
        "/intents/i1",
        "/policy",
        "/quotas",
        "/readyz",
        "/routes",
        "/webhook-endpoints?limit=5",
        &format!("/deliveries/{delivery}"),
        &format!("/webhook-endpoints/{endpoint}"),
    ] {
        world.get(path).await.expect(StatusCode::OK);
    }
    let settle = json!({ "amount": { "minor_units": 1, "currency": "USD" } });
    assert_eq!(world.post("/intents/held/settle", &settle).await.refused(422), "currency_mismatch");
    let writer = world.key_with(SCOPE, "writer", role::WRITER).await;
    let open = json!({ "code": "x", "currency": "PTS", "exponent": 3 }).to_string();
    let open = world.send("POST", "/accounts", &writer, &[], open).await;
    assert_eq!(open.refused(403), "forbidden");
    let hook = json!({ "url": "https://none.invalid/", "events": ["order.*"] });
    assert_eq!(world.post("/webhook-endpoints", &hook).await.refused(422), "challenge_failed");
    let handle = world.handle();
    zentra_runtime::quota_use::look(handle).await.unwrap();
    zentra_sealer::sealed_now(handle).await.unwrap();
    let control = Control { handle: handle.clone(), url: String::new(), version: "test" };
    control.answer(ControlRequest::Status {}).await;
    let (scope, actor, hash) = ("scope_1".into(), "svc".into(), "ab".repeat(32));
    control
        .answer(ControlRequest::Key { scope, actor, hash, roles: role::WRITER, label: "".into() })
        .await;
}

async fn costs(many: u32) -> BTreeMap<&'static str, Cost> {
    let world = grown(many).await;
    // The sealer works beside: what it made is asked for when it has come round.
    let all_sealed = || {
        world
            .handle()
            .query(|engine| (0..FEW).map(ScopeNo).all(|scope| engine.sealed(scope).is_some()))
    };
    while !all_sealed().await.unwrap() {}
    world.costs.take();
    ask_all(&world).await;
    world.costs.take()
}

/// How many queries each module asks, by its source: what is tested there is none of the server's.
fn asked_in(folder: &Path, module: &str, found: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = format!("{module}::{name}");
        if path.is_dir() {
            if name != "tests" {
                asked_in(&path, &inner, found);
            }
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let sends = ["Input::Query(", "Input::ReadView("].iter().any(|word| text.contains(word));
        if inner == "zentra_runtime::handle" || inner.starts_with("zentra_runtime::kernel") {
            continue;
        }
        assert!(!sends, "{inner} asks the kernel past its handle");
        // A URI has a query, too, and takes nothing to tell it.
        let asks =
            text.match_indices(".query(").filter(|(at, _)| !text[*at..].starts_with(".query()"));
        let count = asks.count() + text.matches(".query_scopes(").count();
        if count > 0 {
            found.insert(inner, count);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_of_the_kernel_costs_more_when_there_is_more() {
    let (few, many) = (costs(FEW).await, costs(FEW * TIMES).await);
    let mut asked = BTreeMap::new();
    for krate in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap() {
        let folder = krate.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().replace('-', "_");
        asked_in(&folder.join("src"), &name, &mut asked);
    }
    assert!(asked.len() > 10, "{asked:?}");
    for (module, count) in &asked {
        let of = |name: &&&str| name.starts_with(&format!("{module}::"));
        let counted: Vec<&&str> = many.keys().filter(of).collect();
        assert_eq!(
            counted.len(),
            *count,
            "{module} has {count} queries and {counted:?} were asked: ask the others here, and \
             give each a function of its own"
        );
    }
    let mut grew = Vec::new();
    for (name, large) in &many {
        let small = few.get(name).unwrap_or_else(|| panic!("{name} was not asked of few"));
        // A look-up in an ordered list takes a step more when there is twice as much.
        let within = |small: u64, large: u64, more: u64| large <= small + small / 8 + more;
        if !within(small.visited, large.visited, 8)
            || !within(small.allocations, large.allocations, 4)
            || !within(small.bytes, large.bytes, 256)
        {
            grew.push(format!("{name}: {small:?}, then {large:?}"));
        }
    }
    assert!(grew.is_empty(), "of {FEW} and of {TIMES} times as much:\n{}", grew.join("\n"));
}
