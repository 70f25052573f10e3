//! Every route of the API, and the layers around them.
//!
//! Owns the table of routes; a test holds it against the OpenAPI document. Must not know what a
//! route does.

use crate::api::auth::read_while_it_works;
use crate::api::parameters::known_query;
use crate::api::request::{identify, no_method, no_route, panicked};
use crate::api::routes::{
    accounts, balances, batches, currencies, deliveries, endpoints, events, intents, keys, legs,
    quotas, replays, rules, scopes, system, transfers,
};
use crate::api::state::ApiState;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

/// The API as a service.
pub fn router(state: ApiState) -> Router {
    let mut router = Router::new();
    for (path, methods) in table() {
        router = router.route(path, methods);
    }
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(state.clone(), read_while_it_works))
        .layer(from_fn(known_query))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(identify))
        .with_state(state)
}

/// Every route by its path.
pub(crate) fn table() -> Vec<(&'static str, MethodRouter<ApiState>)> {
    [money(), webhooks(), scope()].into_iter().flatten().collect()
}

fn money() -> Vec<(&'static str, MethodRouter<ApiState>)> {
    vec![
        ("/accounts", post(accounts::open).get(accounts::list)),
        ("/accounts/{code}", get(accounts::get)),
        ("/accounts/{code}/entries", get(accounts::entries)),
        ("/accounts/{code}/balance", get(balances::get)),
        ("/accounts/{code}/freeze", post(accounts::freeze)),
        ("/accounts/{code}/unfreeze", post(accounts::unfreeze)),
        ("/accounts/{code}/close", post(accounts::close)),
        ("/transfers", post(transfers::post)),
        ("/intents", post(intents::create).get(intents::list)),
        ("/intents/batch", post(batches::create)),
        ("/intents/{intent_id}", get(intents::get)),
        ("/intents/{intent_id}/confirm", post(intents::confirm)),
        ("/intents/{intent_id}/settle", post(legs::settle)),
        ("/intents/{intent_id}/void", post(legs::void)),
        ("/intents/{intent_id}/reverse", post(legs::reverse)),
        ("/intents/{intent_id}/payout", post(legs::payout)),
        ("/intents/{intent_id}/evidence", get(intents::evidence)),
        ("/entries/{name}", get(intents::entry)),
    ]
}

fn webhooks() -> Vec<(&'static str, MethodRouter<ApiState>)> {
    vec![
        ("/webhook-endpoints", post(endpoints::create).get(endpoints::list)),
        ("/webhook-endpoints/{id}", get(endpoints::get).delete(endpoints::delete)),
        ("/webhook-endpoints/{id}/disable", post(endpoints::disable)),
        ("/webhook-endpoints/{id}/enable", post(endpoints::enable)),
        ("/webhook-endpoints/{id}/rotate-secret", post(endpoints::rotate)),
        ("/webhook-endpoints/{id}/end-secret", post(endpoints::end_secret)),
        ("/events", post(events::publish).get(events::list)),
        ("/events/{event_id}", get(events::get)),
        ("/deliveries", get(deliveries::list)),
        ("/deliveries/{id}", get(deliveries::get)),
        ("/deliveries/{id}/resend", post(deliveries::resend)),
        ("/deliveries/{id}/resolve", post(deliveries::resolve)),
        ("/dead-letters", get(deliveries::dead_letters)),
        ("/replays", post(replays::create).get(replays::list)),
        ("/replays/{id}", get(replays::get)),
    ]
}

fn scope() -> Vec<(&'static str, MethodRouter<ApiState>)> {
    vec![
        ("/chart", put(rules::put_chart).get(rules::chart)),
        ("/policy", put(rules::put_policy).get(rules::policy)),
        ("/routes", put(rules::put_routes).get(rules::routes).delete(rules::delete_routes)),
        ("/currencies", get(currencies::list)),
        ("/currencies/{code}", put(currencies::put)),
        ("/scopes", post(scopes::create).get(scopes::list)),
        ("/keys", post(keys::create).get(keys::list)),
        ("/keys/{id}", delete(keys::revoke)),
        ("/quotas", get(quotas::own)),
        ("/scopes/{name}/quotas", put(quotas::set).get(quotas::get)),
        ("/projections", get(system::projections)),
        ("/checkpoint", get(system::checkpoint)),
        ("/healthz", get(system::healthz)),
        ("/readyz", get(system::readyz)),
        ("/metrics", get(system::metrics)),
        ("/openapi.json", get(system::openapi)),
        ("/codes/{code}", get(system::code)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::openapi::document;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_with_its_methods_is_in_the_openapi_document() {
        let document: Value = serde_json::from_str(document()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let served = table();
        let served_paths: BTreeSet<&str> = served.iter().map(|(path, _)| *path).collect();
        let told: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
        assert_eq!(served_paths, told);
        for (path, methods) in &served {
            // The debug form names each method with a handler; an unset one is `None`.
            let shown = format!("{methods:?}");
            for method in ["get", "post", "put", "delete", "patch"] {
                let unset = shown.contains(&format!(" {method}: None"));
                assert_eq!(!unset, paths[*path][method].is_object(), "{method} {path}: {shown}");
            }
        }
    }
}
