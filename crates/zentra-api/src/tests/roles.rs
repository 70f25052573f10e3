//! Which role may call which route: every route of the OpenAPI document with every role.

use super::world::World;
use crate::openapi::document;
use serde_json::Value;
use zentra_events::ScopeNo;
use zentra_events::event::role;

/// Routes that need no key.
const OPEN: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/codes/{code}"];

/// The roles that may call a route.
fn allowed(method: &str, path: &str) -> u8 {
    let operator = ["/resend", "/resolve"].iter().any(|verb| path.ends_with(verb));
    let tender = ["/disable", "/enable", "-secret"].iter().any(|verb| path.ends_with(verb));
    if path.starts_with("/scopes") {
        // It reaches beyond a scope, so no admin of one is enough.
        return role::DEPLOYMENT;
    }
    let besides_admin = match method {
        "get" if path == "/projections" => role::AUDITOR,
        "get" => role::WRITER | role::OPERATOR | role::AUDITOR | role::DEPLOYMENT,
        _ if tender => role::WRITER | role::OPERATOR,
        _ if operator || path == "/replays" => role::OPERATOR,
        "put" => 0,
        "delete" if path == "/routes" => 0,
        _ if path.starts_with("/keys") => 0,
        _ => role::WRITER,
    };
    besides_admin | role::ADMIN
}

#[tokio::test]
async fn every_route_asks_for_its_roles() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(document()).unwrap();
    let mut keys = Vec::new();
    for bit in [role::WRITER, role::OPERATOR, role::AUDITOR, role::ADMIN, role::DEPLOYMENT] {
        keys.push((bit, world.key_with(ScopeNo(0), "tester", bit).await));
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        let url = path
            .replace("{intent_id}", "none")
            .replace("{event_id}", "none")
            .replace("{code}", "none")
            .replace("{id}", "none")
            .replace("{name}", "none");
        for method in operations.as_object().unwrap().keys() {
            let upper = method.to_uppercase();
            let bare = world.send(&upper, &url, "", &[], String::new()).await;
            if OPEN.contains(&path.as_str()) {
                assert_ne!(bare.status, 401, "{method} {path}");
                continue;
            }
            assert_eq!(bare.refused(401), "unauthenticated", "{method} {path}");
            let wrong = world.send(&upper, &url, "zk_wrong", &[], String::new()).await;
            assert_eq!(wrong.refused(401), "unauthenticated", "{method} {path}");
            for (bit, key) in &keys {
                let reply = world.send(&upper, &url, key, &[], String::new()).await;
                let may = allowed(method, path) & bit != 0;
                assert_eq!(reply.status != 403, may, "{method} {path} {bit}: {}", reply.text);
                assert!(reply.status < 500, "{method} {path}: {}", reply.text);
            }
        }
    }
}
