//! How many records a thread has looked at, for tests of what must not grow with the state.
//!
//! Counted with the feature `visits` alone, which no product is built with. Must not change what
//! is looked at.

/// Counts a record that is looked at.
#[inline]
pub(crate) fn visit() {
    #[cfg(feature = "visits")]
    counted::VISITED.set(counted::VISITED.get().saturating_add(1));
}

/// Records that this thread has looked at; a key that is looked up is one.
#[cfg(feature = "visits")]
pub fn visited() -> u64 {
    counted::VISITED.get()
}

#[cfg(feature = "visits")]
mod counted {
    use std::cell::Cell;

    thread_local! {
        pub(super) static VISITED: Cell<u64> = const { Cell::new(0) };
    }
}
