//! Every route of the API, registered once: what is served is what the description tells.
//!
//! Owns the table of routes. Must not know what a route does.

use crate::api::routes::{
    accounts, balances, batches, currencies, deliveries, endpoints, events, intents, keys, legs,
    quotas, replays, rules, scopes, system, transfers,
};
use crate::api::state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every route with what the description says of it.
pub(crate) fn table() -> OpenApiRouter<ApiState> {
    money().merge(webhooks()).merge(scope())
}

fn money() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(accounts::open, accounts::list))
        .routes(routes!(accounts::get))
        .routes(routes!(accounts::entries))
        .routes(routes!(balances::get))
        .routes(routes!(accounts::freeze))
        .routes(routes!(accounts::unfreeze))
        .routes(routes!(accounts::close))
        .routes(routes!(transfers::post))
        .routes(routes!(intents::create, intents::list))
        .routes(routes!(batches::create))
        .routes(routes!(intents::get))
        .routes(routes!(intents::confirm))
        .routes(routes!(legs::settle))
        .routes(routes!(legs::void))
        .routes(routes!(legs::reverse))
        .routes(routes!(legs::payout))
        .routes(routes!(intents::evidence))
        .routes(routes!(intents::entry))
}

fn webhooks() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::create, endpoints::list))
        .routes(routes!(endpoints::get, endpoints::delete))
        .routes(routes!(endpoints::disable))
        .routes(routes!(endpoints::enable))
        .routes(routes!(endpoints::rotate))
        .routes(routes!(endpoints::end_secret))
        .routes(routes!(events::publish, events::list))
        .routes(routes!(events::get))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::get))
        .routes(routes!(deliveries::resend))
        .routes(routes!(deliveries::resolve))
        .routes(routes!(deliveries::dead_letters))
        .routes(routes!(replays::create, replays::list))
        .routes(routes!(replays::get))
}

fn scope() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(rules::put_chart, rules::chart))
        .routes(routes!(rules::put_policy, rules::policy))
        .routes(routes!(rules::put_routes, rules::routes, rules::delete_routes))
        .routes(routes!(currencies::list))
        .routes(routes!(currencies::put))
        .routes(routes!(scopes::create, scopes::list))
        .routes(routes!(keys::create, keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(quotas::own))
        .routes(routes!(quotas::set, quotas::get))
        .routes(routes!(system::projections))
        .routes(routes!(system::checkpoint))
        .routes(routes!(system::healthz))
        .routes(routes!(system::readyz))
        .routes(routes!(system::metrics))
        .routes(routes!(system::openapi))
        .routes(routes!(system::code))
}
