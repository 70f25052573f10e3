//! A snapshot on its way: asked for, then to be written.

use std::pin::Pin;
use zentra_engine::snapshot::ReadView;
use zentra_runtime::SubmitError;

type View = Pin<Box<dyn Future<Output = Result<ReadView, SubmitError>>>>;

/// A snapshot on its way.
pub(super) enum Viewing {
    /// The kernel is asked for a view.
    Asked(View),
    /// It is to be written.
    There(Box<ReadView>),
}
