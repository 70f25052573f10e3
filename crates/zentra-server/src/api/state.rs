//! What every handler is given.

use crate::keyring::Keyring;
use crate::runtime::Handle;
use crate::sealer::Evidence;
use crate::views::Views;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use zentra_delivery::GuardPolicy;

/// The API's way to everything else.
#[derive(Clone)]
pub struct ApiState {
    /// Commands and look-ups.
    pub handle: Handle,
    /// Seals and opens signing secrets.
    pub keyring: Arc<Keyring>,
    /// Which URLs endpoints may have.
    pub guard: Arc<GuardPolicy>,
    /// Lists.
    pub views: Arc<Views>,
    /// Checkpoints and proofs.
    pub evidence: Arc<Evidence>,
    /// The version that is shown.
    pub version: &'static str,
    /// The process's metrics; none when another recorder is installed.
    pub metrics: Option<PrometheusHandle>,
}
