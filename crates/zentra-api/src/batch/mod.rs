//! Batches of intents: from one of three bodies to what the engine is asked, and back.

mod answer;
mod binary;
mod body;
mod build;
mod text;

pub(crate) use answer::{Endings, answer};
pub(crate) use body::{Form, parse, read};
