//! Where the sealing of each scope stands, as the log says.
//!
//! Owns the question. Must not know the trees, which may be behind.

use zentra_engine::Sealed;
use zentra_events::ScopeNo;
use zentra_runtime::{Handle, SubmitError};

/// The last checkpoint of every scope.
///
/// # Errors
/// When the kernel takes no query.
pub async fn sealed_now(handle: &Handle) -> Result<Vec<(ScopeNo, Sealed)>, SubmitError> {
    let told = handle.query_scopes(|engine, scopes| {
        let sealed = scopes.map(ScopeNo).filter_map(|scope| Some((scope, engine.sealed(scope)?)));
        sealed.collect::<Vec<_>>()
    });
    Ok(told.await?.concat())
}
