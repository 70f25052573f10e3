//! Who may act: scopes are made by the deployment alone, and a key acts until it is revoked.

use super::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use zentra_events::ScopeNo;
use zentra_events::event::role;

async fn deployer(world: &World) -> String {
    world.key_with(ScopeNo(0), "deployer", role::DEPLOYMENT).await
}

#[tokio::test]
async fn the_deployment_makes_scopes_with_their_first_key() {
    let world = World::new().await;
    let deployer = deployer(&world).await;
    let body = json!({ "name": "acme", "key": { "actor": "svc", "roles": ["admin"] } });
    let made = world.send("POST", "/scopes", &deployer, &[], body.to_string()).await;
    let made = made.expect(StatusCode::CREATED);
    assert_eq!((&made["event"], &made["name"]), (&json!("scope.created"), &json!("acme")));
    assert_eq!(made["key"]["roles"], json!(["admin"]));
    let key = made["key"]["key"].as_str().unwrap();
    let listed = world.send("GET", "/keys", key, &[], String::new()).await;
    let listed = listed.expect(StatusCode::OK);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["data"][0]["id"], made["key"]["id"]);
    let again = world.send("POST", "/scopes", &deployer, &[], body.to_string()).await;
    assert_eq!(again.refused(400), "validation_failed");
    let bare = json!({ "name": "bare" }).to_string();
    let bare = world.send("POST", "/scopes", &deployer, &[], bare).await;
    assert_eq!(bare.expect(StatusCode::CREATED)["key"], Value::Null);

    let page = |path: String| {
        let (world, deployer) = (&world, &deployer);
        async move { world.send("GET", &path, deployer, &[], String::new()).await }
    };
    let first = page("/scopes?limit=2".into()).await.expect(StatusCode::OK);
    let names = |page: &Value| -> Vec<String> {
        let rows = page["data"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first), ["bare", "acme"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = page(format!("/scopes?cursor={cursor}")).await.expect(StatusCode::OK);
    assert_eq!(
        (names(&rest), &rest["next_cursor"]),
        (vec!["workspace_scope".into()], &Value::Null)
    );
    assert_eq!(page("/scopes?cursor=x".into()).await.refused(400), "validation_failed");
}

#[tokio::test]
async fn no_admin_hands_out_the_deployment_or_takes_it_away() {
    let world = World::new().await;
    let deployer = deployer(&world).await;
    let body = json!({ "actor": "svc", "roles": ["admin", "deployment"] });
    let asked = world.post("/keys", &body).await;
    assert_eq!(asked.refused(403), "forbidden");
    let body = json!({ "name": "acme", "key": body }).to_string();
    let asked = world.send("POST", "/scopes", &deployer, &[], body).await;
    assert_eq!(asked.refused(403), "forbidden", "not even by itself");
    let keys = world.get("/keys").await.expect(StatusCode::OK);
    let id = keys["data"][0]["id"].as_str().unwrap().to_owned();
    let revoke = world.send("DELETE", &format!("/keys/{id}"), &world.key, &[], String::new()).await;
    assert_eq!(revoke.refused(403), "forbidden");
    let scopes = world.send("GET", "/scopes", &deployer, &[], String::new()).await;
    assert_eq!(scopes.expect(StatusCode::OK)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_acts_under_the_servers_own_name() {
    let world = World::new().await;
    for name in ["zentra", "zentra:sealer", "Zentra", "zentra_x"] {
        let body = json!({ "actor": name, "roles": ["admin"] });
        let asked = world.post("/keys", &body).await;
        assert_eq!(asked.refused(400), "validation_failed", "{name}");
    }
}
