//! The runtime's integration tests, in one binary.

// `cfg(test)` is always true here; it tells the lints that helpers are tests too.
#[cfg(test)]
mod batches;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod steps;
