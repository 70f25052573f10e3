//! Answers to requests full of long texts: short, whatever the caller wrote.

use super::world::World;
use crate::openapi::document;
use serde_json::{Value, json};

/// Bytes of a refusal at most.
const ANSWER_BYTES_MAX: usize = 6 * 1024;
const LONG: usize = 100_000;

/// Bodies with a long text in each place where one may stand. Controls are escaped when shown.
fn bodies(field: &str) -> Vec<String> {
    let long = "\u{1}".repeat(LONG / 6);
    let name = "n".repeat(LONG);
    vec![
        json!({ &name: 1 }).to_string(),
        json!({ &long: 1 }).to_string(),
        format!("{{\"{name}\":1,\"{name}\":2}}").replace("nn", "n"),
        json!({ field: &long }).to_string(),
        json!({ field: [&name] }).to_string(),
        json!({ field: { &name: { &name[..9_000]: 1 } } }).to_string(),
        json!({ field: { &name[..300]: vec![json!({ "a": [] }); 10_000] } }).to_string(),
        json!(name).to_string(),
        name,
    ]
}

#[tokio::test]
async fn no_refusal_repeats_more_than_a_little_of_a_body() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let url = path.replace("{intent_id}", "none").replace("{code}", "none");
        let url = url.replace("{id}", "dlv_00000000000000000000");
        for (method, operation) in operations.as_object().unwrap() {
            let form = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let name = form.as_str().and_then(|form| form.rsplit('/').next()).unwrap_or("none");
            let schema = &document["components"]["schemas"][name];
            // Each field in its turn would take minutes: the first and the last stand for all.
            let fields: Vec<&String> =
                schema["properties"].as_object().into_iter().flat_map(|all| all.keys()).collect();
            let ends = [fields.first(), fields.last()];
            for field in ends.into_iter().flatten() {
                for body in bodies(field) {
                    let upper = method.to_uppercase();
                    let reply = world.send(&upper, &url, &world.key, &[], body).await;
                    let told = reply.text.len();
                    assert!(reply.status < 500, "{method} {path}: {}", reply.text);
                    assert!(told <= ANSWER_BYTES_MAX, "{method} {path} {field}: {told} bytes");
                }
            }
        }
    }
}

#[tokio::test]
async fn no_refusal_repeats_more_than_a_little_of_a_path_or_a_query() {
    let world = World::new().await;
    let long = "x".repeat(30_000);
    for path in [
        format!("/intents/{long}"),
        format!("/codes/{long}"),
        format!("/intents?{long}=1"),
        format!("/intents?state={long}"),
        format!("/intents?cursor={long}"),
        format!("/intents?{long}=1&{long}=1"),
        format!("/events?since={long}"),
        format!("/deliveries?endpoint_id={long}"),
        format!("/accounts/{long}/balance?effective_at={long}"),
        format!("/{long}"),
    ] {
        let reply = world.get(&path).await;
        assert!(reply.text.len() <= ANSWER_BYTES_MAX, "{}: {}", &path[..40], reply.text.len());
    }
}
