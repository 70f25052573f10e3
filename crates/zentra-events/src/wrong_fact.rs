//! A fact that does not follow from those before it.
//!
//! Whoever folds events checks them: in an entry that was just decided a wrong fact is a defect and
//! stops the process, in an entry of a file it is an error to tell. Owns the value that says so.
//! Must not know who folds.

use std::fmt;

/// What is wrong with an event, in words. It holds what the event says, so it is bounded like one.
#[derive(Clone, PartialEq, Eq)]
pub struct WrongFact(Box<str>);

impl WrongFact {
    /// A fact that is wrong in this way.
    #[cold]
    pub fn new(wrong: impl Into<String>) -> WrongFact {
        WrongFact(wrong.into().into_boxed_str())
    }

    /// Nothing when the condition holds.
    ///
    /// # Errors
    /// What is wrong, when it does not.
    #[inline]
    pub fn unless(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), WrongFact> {
        if holds { Ok(()) } else { Err(WrongFact::new(wrong())) }
    }
}

impl fmt::Display for WrongFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WrongFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for WrongFact {}
