//! The simulated disk. What is durable belongs to the world: a process that ends leaves it.

mod at_rest;
mod decay;
mod folder;
mod image;
mod power;
mod rot;
mod space;
mod storage;

pub(crate) use at_rest::Bytes;
pub(crate) use folder::KEY;
pub(crate) use power::Power;
pub(crate) use rot::{Damage, ONE_BIT};
pub(crate) use storage::Disk;
