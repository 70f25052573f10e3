//! The process's metrics, in Prometheus' text form.
//!
//! Owns the recorder, installed once, and the buckets of histograms. Must not put names of scopes,
//! accounts or secrets in labels.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::watch;
use zentra_runtime::background::Ticks;

const EVERY: Duration = Duration::from_secs(10);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The recorder's handle; none when another recorder was installed by the embedding program.
pub fn recorder() -> Option<PrometheusHandle> {
    RECORDER.get_or_init(|| install().ok()).clone()
}

fn install() -> Result<PrometheusHandle, BuildError> {
    let seconds = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];
    let entries = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)?
        .set_buckets_for_metric(Matcher::Suffix("_entries".into()), &entries)?
        .install_recorder()
}

/// Takes what histograms saw into their buckets, until it is told to stop: else what nobody asks
/// for would grow.
pub(crate) async fn upkeep(stopping: watch::Receiver<bool>) {
    let Some(recorder) = recorder() else { return };
    let mut ticks = Ticks::every(EVERY, stopping);
    while ticks.next().await {
        recorder.run_upkeep();
    }
}
