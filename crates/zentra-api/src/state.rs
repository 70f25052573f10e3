//! What every handler is given.

use crate::bodies::Bodies;
use crate::problem::Problem;
use crate::respond::Templates;
use metrics_exporter_prometheus::PrometheusHandle;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use zentra_auth::RequestRates;
use zentra_events::Code;
use zentra_http_guard::GuardPolicy;
use zentra_keyring::Keyring;
use zentra_runtime::background::Deferred;
use zentra_runtime::{Handle, Turns};
use zentra_sealer::Evidence;
use zentra_sender::Challenger;
use zentra_views::Views;

/// The API's way to everything else: one pointer, since every request gets a copy.
#[derive(Clone)]
pub struct ApiState(Arc<Whole>);

/// What the server gives, and what only the API has.
struct Whole {
    parts: ApiParts,
    rates: RequestRates,
    templates: Templates,
}

impl ApiState {
    /// The state of these parts.
    pub fn new(parts: ApiParts) -> ApiState {
        let (rates, templates) = (RequestRates::default(), Templates::default());
        ApiState(Arc::new(Whole { parts, rates, templates }))
    }

    /// Requests a second of each scope.
    pub(crate) fn rates(&self) -> &RequestRates {
        &self.0.rates
    }

    /// Answers that were rendered before.
    pub(crate) fn templates(&self) -> &Templates {
        &self.0.templates
    }
}

impl Deref for ApiState {
    type Target = ApiParts;

    fn deref(&self) -> &ApiParts {
        &self.0.parts
    }
}

/// What every handler is given.
pub struct ApiParts {
    /// Commands and look-ups.
    pub handle: Handle,
    /// Seals and opens signing secrets.
    pub keyring: Arc<Keyring>,
    /// Which URLs endpoints may have.
    pub guard: Arc<GuardPolicy>,
    /// What challenges new endpoints, where the deployment wants it.
    pub challenger: Option<Challenger>,
    /// What bodies under way may take of memory.
    pub bodies: Arc<Bodies>,
    /// The threads that read for callers.
    pub reading: Arc<Turns>,
    /// The threads that parse large bodies.
    pub parsing: Arc<Turns>,
    /// Lists.
    pub views: Arc<Deferred<Views>>,
    /// Checkpoints and proofs.
    pub evidence: Arc<Deferred<Evidence>>,
    /// Whether the server was started to record nothing.
    pub read_only: bool,
    /// The version that is shown.
    pub version: &'static str,
    /// The API's description.
    pub document: &'static str,
    /// The process's metrics; none when another recorder is installed.
    pub metrics: Option<PrometheusHandle>,
}

/// How long a request waits for a store that is still being opened.
const OPENS_WITHIN: Duration = Duration::from_secs(10);

impl ApiState {
    /// The list views.
    ///
    /// # Errors
    /// 503 when they do not open in time.
    pub(crate) async fn views(&self) -> Result<Arc<Views>, Problem> {
        self.views.within(OPENS_WITHIN).await.ok_or_else(|| not_open("lists"))
    }

    /// The evidence.
    ///
    /// # Errors
    /// 503 when it does not open in time.
    pub(crate) async fn evidence(&self) -> Result<Arc<Evidence>, Problem> {
        self.evidence.within(OPENS_WITHIN).await.ok_or_else(|| not_open("evidence"))
    }
}

fn not_open(what: &str) -> Problem {
    let detail = format!("the {what} are not open yet");
    Problem::new(Code::Unavailable, detail).with_retry_after(1)
}
