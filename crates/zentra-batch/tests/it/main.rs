//! The bytes of batches and answers, what is refused of them, and the client that sends them.

// `cfg(test)` is always true here; it tells the lints that helpers are tests too.
#[cfg(test)]
mod answers;
#[cfg(test)]
#[cfg(feature = "client")]
mod client;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod samples;
