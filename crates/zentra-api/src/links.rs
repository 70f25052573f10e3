//! What may be asked next with what an answer tells: the links of the description.
//!
//! Owns the table. A test follows every link that reads. Must not know how a client follows one.

use serde_json::{Map, Value, json};

/// An operation, and those that take what it made by this parameter from this place in its answer.
type Leads = (&'static str, &'static str, &'static str, &'static [&'static str]);

const MADE: &[Leads] = &[
    (
        "accounts.create",
        "code",
        "/code",
        &[
            "accounts.get",
            "accounts.getBalance",
            "accounts.listEntries",
            "accounts.freeze",
            "accounts.unfreeze",
            "accounts.close",
        ],
    ),
    (
        "intents.create",
        "intent_id",
        "/intent_id",
        &[
            "intents.get",
            "intents.getEvidence",
            "intents.confirm",
            "intents.settle",
            "intents.void",
            "intents.reverse",
            "intents.payout",
        ],
    ),
    (
        "webhookEndpoints.create",
        "id",
        "/id",
        &[
            "webhookEndpoints.get",
            "webhookEndpoints.disable",
            "webhookEndpoints.enable",
            "webhookEndpoints.rotateSecret",
            "webhookEndpoints.endSecret",
            "webhookEndpoints.delete",
        ],
    ),
    ("events.publish", "event_id", "/id", &["events.get"]),
    ("replays.create", "id", "/id", &["replays.get"]),
    ("keys.create", "id", "/id", &["keys.revoke"]),
    ("scopes.create", "name", "/name", &["scopes.getQuotas", "scopes.setQuotas"]),
];

/// An operation, and those that show what it did without being told where.
const SHOWN: &[(&str, &[&str])] = &[
    ("accounts.create", &["accounts.list"]),
    ("transfers.create", &["accounts.list"]),
    ("intents.create", &["intents.list"]),
    ("intents.createBatch", &["intents.list"]),
    ("webhookEndpoints.create", &["webhookEndpoints.list"]),
    ("events.publish", &["events.list", "deliveries.list"]),
    ("replays.create", &["replays.list"]),
    ("keys.create", &["keys.list"]),
    ("scopes.create", &["scopes.list"]),
    ("currencies.declare", &["currencies.list"]),
    ("chart.set", &["chart.get"]),
    ("policy.set", &["policy.get"]),
    ("routes.set", &["routes.get"]),
];

/// The links of an operation's answer, by the names of what they lead to.
pub(crate) fn links(operation: &str) -> Map<String, Value> {
    let mut links = Map::new();
    for (_, parameter, place, calls) in MADE.iter().filter(|(from, ..)| *from == operation) {
        for call in *calls {
            let mut parameters = json!({});
            parameters[parameter] = format!("$response.body#{place}").into();
            let link = json!({ "operationId": call, "parameters": parameters });
            links.insert((*call).to_owned(), link);
        }
    }
    for (_, calls) in SHOWN.iter().filter(|(from, _)| *from == operation) {
        for call in *calls {
            links.insert((*call).to_owned(), json!({ "operationId": call }));
        }
    }
    links
}
