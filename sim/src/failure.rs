//! What must not be: one sentence of what was found.

/// A violation. It ends the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);

/// What may find one.
pub(crate) type Checked<T = ()> = Result<T, Failure>;

/// Fails, unless it is so.
pub(crate) fn must(is_so: bool, told: impl FnOnce() -> String) -> Checked {
    if is_so { Ok(()) } else { Err(Failure(told())) }
}

/// Always fails.
pub(crate) fn fail<T>(told: impl Into<String>) -> Checked<T> {
    Err(Failure(told.into()))
}
