//! HTTP connections: who may have one, for how long, and how they end.
//!
//! Owns accepting, the bounds on connections, the times in which a head, an answer and a stop must
//! be through, and what is counted of it. Must not know routes, keys or bodies' meaning.

mod accept;
mod connection;
mod leftover;
mod places;
mod seat;
mod stream;

pub use accept::{ServeOptions, serve};
pub use places::NoPlace;
pub use seat::Seat;
