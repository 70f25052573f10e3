//! Every operation of the API's description has what a client is generated from.

use super::world::World;
use crate::openapi::document;
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

fn paths() -> Value {
    let document: Value = serde_json::from_str(document()).unwrap();
    document["paths"].clone()
}

#[test]
fn each_has_an_id_of_its_own_and_a_schema_for_what_it_answers() {
    let mut ids = BTreeSet::new();
    for (path, operations) in paths().as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let (resource, verb) = id.split_once('.').unwrap();
            assert!(!resource.is_empty() && !verb.is_empty() && ids.insert(id.to_owned()), "{id}");
            let answers = operation["responses"].as_object().unwrap().iter();
            let good: Vec<_> = answers.filter(|(status, _)| status.starts_with('2')).collect();
            assert!(!good.is_empty(), "{method} {path}");
            for (status, answer) in good {
                for (_, content) in answer["content"].as_object().unwrap() {
                    let says = content["schema"].as_object().is_some_and(|one| !one.is_empty());
                    assert!(says, "{method} {path} {status}: {answer}");
                }
            }
        }
    }
}

#[tokio::test]
async fn those_that_are_served_are_those_that_are_described() {
    let world = World::new().await;
    for (path, operations) in paths().as_object().unwrap() {
        let asked = path.replace(['{', '}'], "");
        for method in METHODS {
            let reply = world.send(&method.to_uppercase(), &asked, "", &[], String::new()).await;
            let served = reply.body["code"] != "method_not_allowed";
            assert_eq!(served, operations[method].is_object(), "{method} {path}: {}", reply.text);
        }
    }
}
