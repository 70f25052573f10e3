//! The client of a server: the system's name servers, and Mozilla's roots with an operator's own.
//!
//! Owns how it is put together. Must not send anything.

use crate::client::Client;
use crate::policy::GuardPolicy;
use crate::resolver::Resolver;
use crate::tls::client_config;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use zentra_env::Env;

/// Why nothing can go out.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An extra root is not a certificate.
    #[error("the roots of TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The resolver's settings are not usable.
    #[error("the resolver: {0}")]
    Resolver(#[from] std::io::Error),
}

/// The client of everything that goes out, so that what a host may get is counted once.
///
/// # Errors
/// When TLS or the resolver cannot be set up.
pub fn outbound(
    env: &Env,
    guard: Arc<GuardPolicy>,
    extra_roots: &[CertificateDer<'static>],
) -> Result<Arc<Client>, SetupError> {
    let client = Client::new(env, guard, Resolver::system()?, client_config(extra_roots)?);
    Ok(Arc::new(client))
}
