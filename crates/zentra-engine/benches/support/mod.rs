//! What the benchmarks of the engine share: something to ask, and somewhere for it to go.

mod frames;
mod source;
mod world;

pub(crate) use frames::{Frames, Kept, payloads};
pub(crate) use source::{INTENTS, SCOPE};
pub(crate) use world::World;
