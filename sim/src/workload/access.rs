//! Wishes about scopes, keys and quotas, and with which key something is asked.

use crate::oracle::Oracle;
use crate::random::Random;
use zentra_engine::{AccessCommand, NewKey};
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{KeyId, Quota, ScopeNo};

/// The scope whose quotas are set.
pub(super) const BOUNDED: ScopeNo = ScopeNo(2);

/// Those of deliveries more often: what one request queues is seldom near its bound.
const QUOTAS: [Quota; 12] = [
    Quota::Accounts,
    Quota::Currencies,
    Quota::Keys,
    Quota::Endpoints,
    Quota::Filters,
    Quota::Secrets,
    Quota::QueuedDeliveries,
    Quota::IdempotencyKeys,
    Quota::FanOut,
    Quota::FanOut,
    Quota::FanOut,
    Quota::FanOut,
];

/// What an admin or the deployment asks.
pub(super) fn operate(random: &mut Random, oracle: &Oracle, scope: ScopeNo) -> AccessCommand {
    match random.below(14) {
        0..5 => AccessCommand::CreateKey(new_key(random)),
        5..8 => AccessCommand::RevokeKey { key: any_key(random, oracle, scope) },
        8 => AccessCommand::CreateScope {
            name: random.pick(&["scope-0", ".", ".."]).parse().expect("a name"),
            key: random.chance(500).then(|| new_key(random)),
        },
        _ => AccessCommand::SetQuotas {
            scope: if random.chance(50) { ScopeNo(77) } else { BOUNDED },
            overrides: limits(random),
        },
    }
}

/// A key for somebody.
pub(super) fn new_key(random: &mut Random) -> NewKey {
    let actor = if random.chance(30) { "zentra:x" } else { *random.pick(&["ann", "bob", "cy"]) };
    let number = if random.chance(50) { 0 } else { random.any() };
    let roles = match random.below(20) {
        0 => 0,
        1 => 32 | random.below(32) as u8,
        2 | 3 => 16 | random.below(16) as u8,
        4..8 => 8,
        _ => random.between(1, 15) as u8,
    };
    NewKey {
        actor: actor.parse().expect("a name"),
        hash: *blake3::hash(&number.to_be_bytes()).as_bytes(),
        roles,
        label: "for tests".to_owned(),
    }
}

fn limits(random: &mut Random) -> Vec<QuotaOverrideV1> {
    let count = random.below(4);
    let least = u64::from(!random.chance(30));
    let one = |_| {
        let quota = *random.pick(&QUOTAS);
        let most = if quota == Quota::FanOut { 3 } else { 64 };
        QuotaOverrideV1 { quota, limit: random.magnitude(1, most) * least }
    };
    (0..count).map(one).collect()
}

/// A key of the scope as a rule, also one that was revoked; now and then another's, or none.
fn any_key(random: &mut Random, oracle: &Oracle, scope: ScopeNo) -> KeyId {
    let keys = &oracle.model.keys;
    let own: Vec<usize> = (0..keys.len()).filter(|key| keys[*key].scope == scope.0).collect();
    let number = match random.below(20) {
        0 => random.place(keys.len() + 1),
        _ if own.is_empty() => keys.len(),
        _ => *random.pick(&own),
    };
    KeyId(oracle.reading.keys.id(number))
}

/// The key that something is asked with: one that works as a rule.
pub(super) fn with_key(random: &mut Random, oracle: &Oracle, scope: ScopeNo) -> Option<KeyId> {
    let keys = &oracle.model.keys;
    let of_scope = |key: &usize| keys[*key].scope == scope.0;
    let works = |key: &usize| of_scope(key) && keys[*key].ended.is_none();
    let own: Vec<usize> = (0..keys.len()).filter(works).collect();
    let ended: Vec<usize> = (0..keys.len()).filter(|key| of_scope(key) && !works(key)).collect();
    let number = match random.below(50) {
        0 => keys.len(),
        1..3 if !ended.is_empty() => *random.pick(&ended),
        _ if own.is_empty() => return None,
        _ => *random.pick(&own),
    };
    Some(KeyId(oracle.reading.keys.id(number)))
}
