//! The process's metrics, in Prometheus' text form.
//!
//! Owns the recorder, installed once. Must not put names of scopes, accounts or secrets in labels.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The recorder's handle; none when another recorder was installed by the embedding program.
pub fn recorder() -> Option<PrometheusHandle> {
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}
