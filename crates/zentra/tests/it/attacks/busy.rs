//! An honest tenant that is as busy as it can be on one connection: batches of intents, one after
//! the other. What a neighbour's latency is beside it, an attack is measured against.
//!
//! Owns what honest work is. Must not know any attack.

use crate::support::http::Client;
use serde_json::{Value, json};

/// Intents of one batch.
const BATCH: usize = 250;

/// Sends so many batches; `round` tells their ids from those of other rounds.
pub(crate) fn work(client: &mut Client, round: usize, batches: usize) {
    for batch in 0..batches {
        let items: Value = (0..BATCH)
            .map(|number| {
                json!({
                    "intent_id": format!("busy_{round}_{batch}_{number}"),
                    "amount": { "minor_units": 1, "currency": "EUR" },
                    "source": "world:busy",
                    "destination": "merchant_balance:busy",
                })
            })
            .collect();
        let answer = client.post("/intents/batch", &items);
        assert_eq!(answer.status, 200);
        let told = answer.json();
        let outcomes = told["data"].as_array().unwrap();
        assert_eq!(outcomes.len(), BATCH);
        assert!(outcomes.iter().all(|one| one["outcome"] == "created"), "{}", outcomes[0]);
    }
}
