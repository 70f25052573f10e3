//! HTTP connections: who may have one, for how long, and how they end.
//!
//! Owns accepting, the bounds on connections, the times in which a head, an answer and a stop must
//! be through, and what is counted of it. Must not know routes, keys or bodies' meaning.

mod accept;
mod connection;
mod counts;
mod leftover;
mod options;
mod places;
mod seat;
mod shares;
mod stream;
mod ticks;

pub use accept::serve;
pub use options::ServeOptions;
pub use seat::Seat;
pub use shares::NoPlace;
