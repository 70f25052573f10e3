//! The HTTP API: JSON in, commands and look-ups, JSON out.
//!
//! Routes turn requests into commands of the engine; answers are functions of the entries that
//! came of them; every "no" is a problem with a stable code. Owns the routes, the bounds of what is
//! asked, and how it is answered. Must not decide anything about money or deliveries, or know how
//! connections are taken.

mod answer_counters;
mod batch;
mod bodies;
mod body;
mod bounds;
mod caller;
mod codes;
mod dated;
mod dto;
mod examples;
mod forms;
#[doc(hidden)]
pub mod fuzzing;
mod head;
mod idempotency;
mod json;
mod links;
mod openapi;
mod pages;
mod parameters;
mod params;
mod problem;
mod problem_map;
mod reads;
mod refusals;
mod request;
mod respond;
mod router;
mod routes;
mod secrets;
mod short;
mod span;
mod state;
mod submit;
mod table;
#[cfg(test)]
mod tests;
mod time;

pub use bodies::Bodies;
pub use openapi::{document, openapi};
pub use problem_map::{retryable, status_of};
pub use router::router;
pub use state::{ApiParts, ApiState};
