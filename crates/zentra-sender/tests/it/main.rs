//! Attempts against receivers on loopback, most of them hostile.

// `cfg(test)` is always true here; it tells the lints that helpers are tests too.
#[cfg(test)]
mod answers;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod keep_alive;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod shell;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod world;
