//! The guard from the outside.

// `cfg(test)` is always true here; it tells the lints that helpers are tests too.
#[cfg(test)]
mod guard;
