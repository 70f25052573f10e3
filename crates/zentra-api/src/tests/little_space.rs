//! While the disk has little space what follows the log writes nothing, and reads go on.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use zentra_events::Position;

async fn parts(world: &World) -> [Value; 3] {
    let told = world.get("/readyz").await.expect(StatusCode::OK);
    ["commands", "lists", "evidence"].map(|part| told["parts"][part].clone())
}

#[tokio::test]
async fn what_follows_the_log_waits_for_space_and_goes_on_with_it() {
    let world = World::without_followers().await;
    assert!(!world.handle().let_followers_write(false), "it is not new");
    world.fund("customer_balance", 1_000).await;
    for number in 0..20 {
        let amount = json!({ "minor_units": 5, "currency": "EUR" });
        let body = json!({ "intent_id": format!("i{number}"), "amount": amount,
            "source": "customer_balance", "destination": "merchant_balance" });
        world.post("/intents", &body).await.expect(StatusCode::CREATED);
    }
    assert_eq!(parts(&world).await, ["ready", "storage_low", "storage_low"]);
    let listed = world.get("/intents").await.expect(StatusCode::OK);
    assert_eq!(listed["data"].as_array().unwrap().len(), 20);
    assert_eq!(world.views.position(), Position::ZERO);
    world.get("/checkpoint").await.expect(StatusCode::NOT_FOUND);
    let written = world.next().await;
    assert!(world.handle().let_followers_write(true));
    assert_eq!(parts(&world).await, ["ready"; 3]);
    while world.views.position() < written || world.get("/checkpoint").await.status != 200 {
        tokio::task::yield_now().await;
    }
}
