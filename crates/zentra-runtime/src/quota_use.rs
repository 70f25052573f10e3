//! How much of their bounds the kernel's inbox and the state use, and of each quota the fullest
//! scope, for the metrics.
//!
//! Owns when it is looked up: now and then, few scopes in a turn of the kernel. Must not say which
//! scope it is: there may be any number, and `GET /scopes/{name}/quotas` tells each.

use crate::background::Ticks;
use crate::handle::{Handle, SubmitError};
use std::time::Duration;
use tokio::sync::watch;
use zentra_engine::Engine;
use zentra_events::{Quota, ScopeNo, Timestamp};

const EVERY: Duration = Duration::from_secs(10);

/// Used and limit of the fullest scope, for each quota that the engine counts.
type Fullest = Vec<(Quota, u64, u64)>;

/// Keeps the gauges until it is told to stop.
pub async fn watch(handle: Handle, stopping: watch::Receiver<bool>) {
    let mut ticks = Ticks::every(EVERY, stopping);
    while ticks.next().await {
        // Before anything of ours waits there.
        metrics::gauge!("zentra_inbox_depth").set(handle.inbox_depth() as f64);
        match look(&handle).await {
            Ok((fullest, state_bytes)) => {
                metrics::gauge!("zentra_state_bytes").set(state_bytes as f64);
                for (quota, used, limit) in fullest {
                    show(quota.as_str(), used.saturating_mul(100) / limit.max(1));
                }
            }
            Err(SubmitError::Overloaded { .. }) => {}
            Err(SubmitError::Stopped) => return,
        }
    }
}

fn show(quota: &'static str, percent: u64) {
    metrics::gauge!("zentra_quota_used_percent_max", "quota" => quota).set(percent as f64);
}

/// The fullest scope of each quota, and the bytes of the whole state.
///
/// # Errors
/// When the kernel takes no query.
pub async fn look(handle: &Handle) -> Result<(Fullest, u64), SubmitError> {
    let now = handle.now();
    let told = handle
        .query_scopes(move |engine, scopes| (fullest(engine, scopes, now), engine.state_bytes()));
    let told = told.await?.into_iter();
    Ok(told.fold((Vec::new(), 0), |(most, _), (more, bytes)| (fuller(most, more), bytes)))
}

fn fullest(engine: &Engine, scopes: std::ops::Range<u32>, now: Timestamp) -> Fullest {
    scopes.map(ScopeNo).fold(Vec::new(), |most, scope| {
        let limits = engine.quotas(scope);
        let used = Quota::ALL.iter().filter_map(|quota| {
            Some((*quota, engine.quota_used(scope, *quota, now)?, limits.get(*quota)))
        });
        fuller(most, used.collect())
    })
}

/// The fuller of each pair; both have the same quotas, or one has none yet.
fn fuller(one: Fullest, other: Fullest) -> Fullest {
    if one.is_empty() {
        return other;
    }
    let is_fuller = |(_, used, limit): &(Quota, u64, u64), (_, than, of): &(Quota, u64, u64)| {
        u128::from(*used) * u128::from(*of) > u128::from(*than) * u128::from(*limit)
    };
    let pairs = one.into_iter().zip(other);
    pairs.map(|(one, other)| if is_fuller(&other, &one) { other } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_engine::{AccessCommand, Command};
    use zentra_events::event::QuotaOverrideV1;
    use zentra_testkit::made::{Made, fund};

    #[test]
    fn the_fullest_scope_of_each_quota_is_told_whatever_the_stretches() {
        let mut made = Made::default();
        for scope in 0..150 {
            let name = format!("scope_{scope}").parse().unwrap();
            made.scope = ScopeNo(0);
            made.ask(Timestamp(1), Command::Access(AccessCommand::CreateScope { name, key: None }));
        }
        made.scope = ScopeNo(140);
        made.ask(Timestamp(2), fund());
        made.scope = ScopeNo(70);
        made.ask(Timestamp(3), fund());
        let overrides = vec![QuotaOverrideV1 { quota: Quota::Accounts, limit: 10 }];
        let scope = ScopeNo(70);
        made.ask(Timestamp(4), Command::Access(AccessCommand::SetQuotas { scope, overrides }));
        let now = Timestamp(5);
        let of = |fullest: &Fullest, wanted: Quota| {
            *fullest.iter().find(|(quota, ..)| *quota == wanted).unwrap()
        };
        let engine = &made.engine;
        let all = fullest(engine, 0..150, now);
        assert_eq!(of(&all, Quota::Accounts), (Quota::Accounts, 2, 10));
        let default = engine.quotas(ScopeNo(140)).get(Quota::Currencies);
        assert_eq!(of(&all, Quota::Currencies), (Quota::Currencies, 1, default));
        for at in [1, 64, 70, 71, 149] {
            let parts = fuller(fullest(engine, 0..at, now), fullest(engine, at..150, now));
            for (quota, used, limit) in parts {
                let whole = of(&all, quota);
                assert_eq!((used, limit), (whole.1, whole.2), "{quota:?} at {at}");
            }
        }
    }
}
