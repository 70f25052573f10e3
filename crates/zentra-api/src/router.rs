//! The routes with the layers around them.
//!
//! Owns the order of the layers. Must not know single routes.

use crate::answer_counters::AnswerCounters;
use crate::caller::read_while_it_works;
use crate::request::{identify, no_method, no_route, panicked};
use crate::state::ApiState;
use crate::table::table;
use axum::Router;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// The API as a service.
pub fn router(state: ApiState) -> Router {
    let env = state.handle.env().clone();
    let (router, described) = table().split_for_parts();
    let counters = Arc::new(AnswerCounters::of(described.paths.paths.into_keys()));
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(state.clone(), read_while_it_works))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state((env, counters), identify))
        .with_state(state)
}
