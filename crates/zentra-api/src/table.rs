//! Every route of the API, registered once: what is served is what the description tells.
//!
//! Owns the table of routes. Must not know what a route does.

use crate::parameters::known_query;
use crate::routes::{
    accounts, balances, batches, currencies, deliveries, endpoints, events, intents, keys, legs,
    quotas, replays, rules, scopes, system, transfers,
};
use crate::state::ApiState;
use axum::middleware::from_fn;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

type Routes = UtoipaMethodRouter<ApiState>;

/// Every route with what the description says of it.
pub(crate) fn table() -> OpenApiRouter<ApiState> {
    money().merge(webhooks()).merge(scope())
}

/// Routes that refuse a parameter which they do not take; a method that none of them takes is
/// refused before.
fn strict((schemas, paths, methods): Routes) -> Routes {
    (schemas, paths, methods.route_layer(from_fn(known_query)))
}

fn money() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(strict(routes!(accounts::open, accounts::list)))
        .routes(strict(routes!(accounts::get)))
        .routes(strict(routes!(accounts::entries)))
        .routes(strict(routes!(balances::get)))
        .routes(strict(routes!(accounts::freeze)))
        .routes(strict(routes!(accounts::unfreeze)))
        .routes(strict(routes!(accounts::close)))
        .routes(strict(routes!(transfers::post)))
        .routes(strict(routes!(intents::create, intents::list)))
        .routes(strict(routes!(batches::create)))
        .routes(strict(routes!(intents::get)))
        .routes(strict(routes!(intents::confirm)))
        .routes(strict(routes!(legs::settle)))
        .routes(strict(routes!(legs::void)))
        .routes(strict(routes!(legs::reverse)))
        .routes(strict(routes!(legs::payout)))
        .routes(strict(routes!(intents::evidence)))
        .routes(strict(routes!(intents::entry)))
}

fn webhooks() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(strict(routes!(endpoints::create, endpoints::list)))
        .routes(strict(routes!(endpoints::get, endpoints::delete)))
        .routes(strict(routes!(endpoints::disable)))
        .routes(strict(routes!(endpoints::enable)))
        .routes(strict(routes!(endpoints::rotate)))
        .routes(strict(routes!(endpoints::end_secret)))
        .routes(strict(routes!(events::publish, events::list)))
        .routes(strict(routes!(events::get)))
        .routes(strict(routes!(deliveries::list)))
        .routes(strict(routes!(deliveries::get)))
        .routes(strict(routes!(deliveries::resend)))
        .routes(strict(routes!(deliveries::resolve)))
        .routes(strict(routes!(deliveries::dead_letters)))
        .routes(strict(routes!(replays::create, replays::list)))
        .routes(strict(routes!(replays::get)))
}

fn scope() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(strict(routes!(rules::put_chart, rules::chart)))
        .routes(strict(routes!(rules::put_policy, rules::policy)))
        .routes(strict(routes!(rules::put_routes, rules::routes, rules::delete_routes)))
        .routes(strict(routes!(currencies::list)))
        .routes(strict(routes!(currencies::put)))
        .routes(strict(routes!(scopes::create, scopes::list)))
        .routes(strict(routes!(keys::create, keys::list)))
        .routes(strict(routes!(keys::revoke)))
        .routes(strict(routes!(quotas::own)))
        .routes(strict(routes!(quotas::set, quotas::get)))
        .routes(strict(routes!(system::projections)))
        .routes(strict(routes!(system::checkpoint)))
        .routes(strict(routes!(system::healthz)))
        .routes(strict(routes!(system::readyz)))
        .routes(strict(routes!(system::metrics)))
        .routes(strict(routes!(system::openapi)))
        .routes(strict(routes!(system::code)))
}
