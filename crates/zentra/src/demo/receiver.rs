//! The demo's consumer: hangs past the timeout first, then answers 500, then 200; verifies every
//! signature with what a consumer has: the secret and the three headers.

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zentra_env::Env;
use zentra_signature::{
    HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, SymmetricSecret, Verifier, VerifierKey,
};

/// One request as the consumer saw it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) event_id: String,
    pub(crate) replay_id: Option<String>,
    pub(crate) verified: bool,
}

struct Shared {
    env: Env,
    secret: Mutex<Option<SymmetricSecret>>,
    received: watch::Sender<Vec<Received>>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start(env: &Env) -> Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (received, _) = watch::channel(Vec::new());
        let shared = Arc::new(Shared { env: env.clone(), secret: Mutex::new(None), received });
        let app =
            Router::new().route("/zentra/webhooks", post(receive)).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the demo's receiver ended");
            }
        });
        Ok(Receiver { address, shared, serving })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/zentra/webhooks", self.address)
    }

    /// What the consumer was given when the endpoint was registered.
    pub(crate) fn trust(&self, secret: SymmetricSecret) {
        let mut trusted = self.shared.secret.lock().unwrap_or_else(PoisonError::into_inner);
        *trusted = Some(secret);
    }

    /// Everything that was received, as it grows.
    pub(crate) fn received(&self) -> watch::Receiver<Vec<Received>> {
        self.shared.received.subscribe()
    }

    pub(crate) fn stop(&self) {
        self.serving.abort();
    }
}

type Reply = (StatusCode, [(&'static str, String); 1]);

/// Answers, and tells which event's signature was verified.
async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Reply {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    let event_id = header(HEADER_ID).to_owned();
    let replay = header("zentra-replay-id");
    let received = Received {
        event_id: event_id.clone(),
        replay_id: (!replay.is_empty()).then(|| replay.to_owned()),
        verified: verify(&shared, &header, &body),
    };
    let verified = if received.verified { event_id.clone() } else { String::new() };
    let mut before = 0;
    shared.received.send_modify(|all| {
        before = all.iter().filter(|one| one.event_id == event_id).count();
        all.push(received);
    });
    let status = match before {
        0 => pending().await,
        1 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    };
    (status, [("webhook-verified", verified)])
}

/// The endpoint's own creation can arrive before the demo was told the secret; it waits for it.
fn verify<'h>(shared: &Shared, header: &impl Fn(&str) -> &'h str, body: &[u8]) -> bool {
    let trusted = shared.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(secret) = trusted else { return false };
    let verifier = Verifier::new(vec![VerifierKey::Symmetric(secret)]);
    let now = shared.env.now().seconds();
    let (id, at) = (header(HEADER_ID), header(HEADER_TIMESTAMP));
    verifier.verify(id, at, header(HEADER_SIGNATURE), body, now).is_ok()
}
