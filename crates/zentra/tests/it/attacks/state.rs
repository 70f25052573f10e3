//! The limit of the state, met in the middle of what must succeed or fail as a whole.

use crate::attacks::batch::{bytes, item, submit, terms};
use crate::attacks::world::World;
use crate::support::http::Client;
use serde_json::json;
use zentra_batch::wire::{ItemV1, OutcomeV1};
use zentra_events::Code;

/// Bytes of the state, half of which one scope may have.
const STATE_BYTES: usize = 2 * 1024 * 1024;
const GROUP: usize = 1_024;
/// More than there is room for.
const GROUPS: usize = 40;

#[test]
fn a_group_that_meets_the_limit_of_the_state_fails_as_a_whole_and_for_its_scope_alone() {
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), format!("state_bytes_max = {STATE_BYTES}\n")).unwrap();
    let flags = ["--config", config.path().to_str().unwrap()];
    let mut world = World::start("state-limit", &flags).cramped();
    fund(&mut world.attacker());
    world.attack(|world, window| {
        let mut attacker = world.attacker();
        let mut refused = 0;
        for group in 0..GROUPS {
            let name = |number| format!("w{window}_g{group}_{number}");
            let ids: Vec<String> = (0..GROUP).map(name).collect();
            let items: Vec<ItemV1<'_>> = ids
                .iter()
                .enumerate()
                .map(|(number, id)| ItemV1 {
                    linked: number + 1 < GROUP,
                    ..item(id, 1, "customer_balance:a", "merchant_balance:a")
                })
                .collect();
            let outcomes = match submit(&mut attacker, &bytes(&[terms("EUR")], &items)) {
                Ok(outcomes) => outcomes,
                Err((status, problem)) => {
                    assert_eq!(status, 429, "{problem}");
                    refused += 1;
                    continue;
                }
            };
            let created = |one: &&OutcomeV1| matches!(one, OutcomeV1::Created { .. });
            match outcomes.iter().filter(created).count() {
                GROUP => assert_eq!(refused, 0, "what was full has no room again"),
                0 => {
                    refused += 1;
                    check_refused(&outcomes);
                    let left = attacker.get(&format!("/intents/{}", ids[0]));
                    assert_eq!(left.status, 404, "nothing of the group is recorded");
                }
                some => panic!("{some} of a group were created"),
            }
        }
        assert!(refused > 0, "the state takes no end of intents");
    });
    world.settle(200);
}

/// One item with the limit's code, all others because of it.
fn check_refused(outcomes: &[OutcomeV1]) {
    let codes = outcomes.iter().map(|one| match one {
        OutcomeV1::Refused { code } => *code,
        other => panic!("{other:?}"),
    });
    let (linked, own): (Vec<Code>, Vec<Code>) = codes.partition(|code| *code == Code::LinkedFailed);
    assert_eq!(linked.len(), GROUP - 1, "{own:?}");
    assert!(matches!(own[0], Code::QuotaExceeded | Code::LimitReached), "{own:?}");
}

fn fund(client: &mut Client) {
    let amount = json!({ "minor_units": 1_000_000, "currency": "EUR" });
    let transfer = json!({ "postings": [
        { "account": "world", "direction": "debit", "amount": amount },
        { "account": "customer_balance:a", "direction": "credit", "amount": amount },
    ]});
    assert_eq!(client.post("/transfers", &transfer).status, 201);
}
