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
    assert_eq!(again.body["title"], "A scope with this name already exists.");
    assert_eq!(again.refused(409), "scope_exists");
    for name in [".", "..", "", "a b"] {
        let body = json!({ "name": name }).to_string();
        let refused = world.send("POST", "/scopes", &deployer, &[], body).await;
        assert_eq!(refused.refused(400), "validation_failed", "{name}");
    }
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

#[tokio::test]
async fn what_a_revoked_key_asks_is_refused_wherever_it_is_decided() {
    let world = World::new().await;
    let body = json!({ "code": "a", "currency": "EUR" }).to_string();
    let key = world.key_with(ScopeNo(0), "svc", role::WRITER).await;
    let keyed = [("idempotency-key", "k")];
    let made = world.send("POST", "/accounts", &key, &keyed, body.clone()).await;
    made.expect(StatusCode::CREATED);
    let id = world.get("/keys?limit=1").await.expect(StatusCode::OK)["data"][0]["id"].clone();
    // The shell knew the key when these came; the engine decides them after the revocation.
    let caller = zentra_engine::Request {
        scope: ScopeNo(0),
        actor: "svc".parse().unwrap(),
        key: Some(id.as_str().unwrap().parse().unwrap()),
        request_id: zentra_events::RequestId([0; 16]),
        cause: None,
        idempotency: None,
        command: zentra_engine::Command::Refuse(zentra_engine::Refusal::new(
            zentra_events::Code::NotFound,
            "",
        )),
    };
    let code = |answer| match answer {
        zentra_runtime::Answer::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    };
    let answer = world.handle().submit(caller.clone()).await.unwrap();
    assert_eq!(code(answer), zentra_events::Code::NotFound);
    let path = format!("/keys/{}", id.as_str().unwrap());
    world.send("DELETE", &path, &world.key, &[], String::new()).await.expect(StatusCode::OK);
    let before = world.commands().await;
    let answer = world.handle().submit(caller).await.unwrap();
    assert_eq!(code(answer), zentra_events::Code::Unauthenticated);
    assert_eq!(world.commands().await, before, "nothing is recorded");
}

#[tokio::test]
async fn a_callers_idempotency_key_tells_another_caller_nothing() {
    let world = World::new().await;
    let other = world.key_with(ScopeNo(0), "svc_other", role::ADMIN).await;
    let keyed = [("idempotency-key", "k")];
    for (path, body) in [
        ("/webhook-endpoints", json!({ "url": "https://example.com/a", "events": ["*"] })),
        ("/keys", json!({ "actor": "svc_new", "roles": ["writer"] })),
    ] {
        let mine = world.keyed(path, "k", &body).await.expect(StatusCode::CREATED);
        let theirs = world.send("POST", path, &other, &keyed, body.to_string()).await;
        assert!(!theirs.headers.contains_key("idempotent-replayed"), "{path}");
        let theirs = theirs.expect(StatusCode::CREATED);
        assert_ne!(mine["id"], theirs["id"], "{path}: it is another request");
        let again = world.keyed(path, "k", &body).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.body["id"], mine["id"]);
        let told = if path == "/keys" { &mine["key"] } else { &mine["secret"]["value"] };
        assert!(told.is_string() && !again.text.contains(told.as_str().unwrap()), "{path}");
    }
}

#[tokio::test]
async fn a_shared_secret_is_rotated_by_those_who_may_make_endpoints_with_it() {
    let world = World::new().await;
    let operator = world.key_with(ScopeNo(0), "ops", role::OPERATOR).await;
    let make = |body: Value| {
        let world = &world;
        async move { world.post("/webhook-endpoints", &body).await }
    };
    let body = |secret: Option<&str>| json!({ "url": "https://example.com/a", "events": ["*"], "signing_secret": secret });
    let shared = make(body(Some("whsec_live"))).await.expect(StatusCode::CREATED);
    let own = make(body(None)).await.expect(StatusCode::CREATED);
    let rotate = |made: &Value, key: String| {
        let path = format!("/webhook-endpoints/{}/rotate-secret", made["id"].as_str().unwrap());
        let world = &world;
        async move {
            let keyed = [("idempotency-key", "r")];
            world.send("POST", &path, &key, &keyed, "{}".into()).await
        }
    };
    let by_writer = rotate(&shared, world.key.clone()).await.expect(StatusCode::OK);
    let value = by_writer["secret"]["value"].as_str().unwrap();
    let refused = rotate(&shared, operator.clone()).await;
    assert!(!refused.text.contains(value));
    assert_eq!(refused.refused(403), "forbidden");
    let rotated = rotate(&own, operator.clone()).await.expect(StatusCode::OK);
    assert!(rotated["secret"]["value"].is_string(), "who may give it to the consumer is told it");
    for (made, status) in [(&shared, 403), (&own, 200)] {
        let path = format!("/webhook-endpoints/{}/end-secret", made["id"].as_str().unwrap());
        let body = json!({ "version": 1 }).to_string();
        let ended = world.send("POST", &path, &operator, &[], body).await;
        assert_eq!(ended.status, status, "{}", ended.text);
    }
}

#[tokio::test]
async fn the_last_key_that_administers_a_scope_stays() {
    let world = World::new().await;
    let admin = world.get("/keys").await.expect(StatusCode::OK)["data"][0]["id"].clone();
    let revoke = |id: &Value| {
        let path = format!("/keys/{}", id.as_str().unwrap());
        let world = &world;
        async move { world.send("DELETE", &path, &world.key, &[], String::new()).await }
    };
    assert_eq!(revoke(&admin).await.refused(403), "forbidden");
    let body = json!({ "actor": "svc", "roles": ["admin"] });
    world.post("/keys", &body).await.expect(StatusCode::CREATED);
    revoke(&admin).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn what_is_deleted_or_revoked_already_is_answered_as_the_first_time() {
    let world = World::new().await;
    let body = json!({ "url": "https://example.com/hook", "events": ["*"] });
    let made = world.post("/webhook-endpoints", &body).await.expect(StatusCode::CREATED);
    let endpoint = format!("/webhook-endpoints/{}", made["id"].as_str().unwrap());
    let body = json!({ "actor": "svc", "roles": ["writer"] });
    let made = world.post("/keys", &body).await.expect(StatusCode::CREATED);
    let key = format!("/keys/{}", made["id"].as_str().unwrap());
    let other = world.scope_key("other_scope", "svc").await;
    for path in [endpoint, key] {
        let delete = |key: &str| {
            let (world, path, key) = (&world, &path, key.to_owned());
            async move { world.send("DELETE", path, &key, &[], String::new()).await }
        };
        assert_eq!(delete(&other).await.refused(404), "not_found", "{path}");
        let first = delete(&world.key).await;
        let before = world.commands().await;
        let again = delete(&world.key).await;
        assert_eq!((again.status, &again.text), (200, &first.text), "{path}");
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(world.commands().await, before, "nothing is recorded");
        assert_eq!(delete(&other).await.refused(404), "not_found", "{path}");
        // What it takes no notice of is not taken, so a repeat with a key is the same request.
        let headers = [("idempotency-key", "k")];
        for (body, status) in [("", 200), ("{}", 200), ("{\"force\":true}", 400)] {
            let reply = world.send("DELETE", &path, &world.key, &headers, body.to_owned()).await;
            assert_eq!(reply.status, status, "{path} {body}: {}", reply.text);
        }
    }
}
