//! Routes: which way an intent's money goes.
//!
//! The lowest priority number wins, ties go to the smaller route id; so the choice does not depend
//! on the order of the table. Owns the choice and the built-in route. Must not know balances.

use crate::bounds::check_amount;
use crate::command::Refusal;
use zentra_events::event::{CandidateV1, IntentRoutedV1, RouteV1, RoutesSetV1};
use zentra_events::limits::NAME_BYTES_MAX;
use zentra_events::{Amount, Code, Currency, IntentNo};

/// Routes in one table at most.
pub const ROUTES_MAX: usize = 1_024;

/// Routes that were weighed and not taken, in one event at most: the version of the table, which is
/// in the event too, names all of them.
pub const CANDIDATES_MAX: usize = 16;

/// The route, and the rail, of a scope that has set none: it serves everything.
const INTERNAL: &str = "internal";

/// Chooses a route. Candidates are those of the same corridor and currency; of those not taken, the
/// [`CANDIDATES_MAX`] of the lowest rank (priority, then id) are told, sorted by id.
///
/// # Errors
/// `route_unavailable`, with why candidates were not taken.
pub(crate) fn choose(
    table: Option<&RoutesSetV1>,
    intent: IntentNo,
    corridor: &str,
    currency: Currency,
    amount: Amount,
) -> Result<IntentRoutedV1, Refusal> {
    let Some(table) = table else {
        return Ok(routed(intent, corridor, (INTERNAL, INTERNAL), Vec::new(), 0));
    };
    let weighed = || {
        let routes = table.routes.iter();
        routes.filter(|route| route.corridor == corridor && route.currency == currency)
    };
    let best = weighed().filter(|route| fits(route, amount)).min_by_key(|route| rank(route));
    let Some(best) = best else {
        return Err(unavailable(&told(weighed()), corridor, currency, amount));
    };
    let told = told(weighed().filter(|route| route.id != best.id));
    let candidates = told.into_iter().map(|route| CandidateV1 {
        route: route.id.clone(),
        refused_because: Some(
            unfit(route, amount).unwrap_or_else(|| outranked(route, best).to_owned()),
        ),
    });
    Ok(routed(intent, corridor, (&best.id, &best.rail), candidates.collect(), table.version))
}

/// The order in which routes are preferred.
fn rank(route: &RouteV1) -> (u32, &str) {
    (route.priority, &route.id)
}

/// The first [`CANDIDATES_MAX`] by rank, found in one pass, sorted by id.
fn told<'t>(routes: impl Iterator<Item = &'t RouteV1>) -> Vec<&'t RouteV1> {
    let mut first: Vec<&RouteV1> = Vec::with_capacity(CANDIDATES_MAX + 1);
    for route in routes {
        let full = first.len() == CANDIDATES_MAX;
        if full && first.last().is_some_and(|last| rank(last) < rank(route)) {
            continue;
        }
        let at = first.partition_point(|earlier| rank(earlier) < rank(route));
        first.insert(at, route);
        first.truncate(CANDIDATES_MAX);
    }
    first.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    first
}

/// Refuses tables that are too long or whose routes contradict themselves or each other.
pub(crate) fn check_routes(routes: &[RouteV1]) -> Result<(), Refusal> {
    let invalid = |detail: String| Err(Refusal::new(Code::ValidationFailed, detail));
    if routes.len() > ROUTES_MAX {
        return invalid(format!("a table has at most {ROUTES_MAX} routes, not {}", routes.len()));
    }
    let mut ids: Vec<&str> = routes.iter().map(|route| route.id.as_str()).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return invalid(format!("the route {} stands in the table twice", twice[0]));
    }
    for route in routes {
        let named = [&route.id, &route.corridor, &route.rail];
        if named.iter().any(|name| name.is_empty() || name.len() > NAME_BYTES_MAX) {
            return invalid(format!(
                "route, corridor and rail of {:?} must be 1 to {NAME_BYTES_MAX} bytes",
                route.id
            ));
        }
        check_amount(route.amount_min)?;
        check_amount(route.amount_max)?;
        if route.amount_min > route.amount_max {
            return invalid(format!("the route {} carries no amount: min is over max", route.id));
        }
    }
    Ok(())
}

fn fits(route: &RouteV1, amount: Amount) -> bool {
    route.enabled && (route.amount_min..=route.amount_max).contains(&amount)
}

fn unfit(route: &RouteV1, amount: Amount) -> Option<String> {
    if !route.enabled {
        Some("disabled".to_owned())
    } else if amount < route.amount_min {
        Some(format!("amount below {}", route.amount_min))
    } else if amount > route.amount_max {
        Some(format!("amount above {}", route.amount_max))
    } else {
        None
    }
}

fn outranked(route: &RouteV1, best: &RouteV1) -> &'static str {
    if route.priority == best.priority { "tie broken by route id" } else { "lower priority" }
}

fn unavailable(
    weighed: &[&RouteV1],
    corridor: &str,
    currency: Currency,
    amount: Amount,
) -> Refusal {
    let reasons: Vec<String> = weighed
        .iter()
        .filter_map(|route| Some(format!("{}: {}", route.id, unfit(route, amount)?)))
        .take(8)
        .collect();
    let reasons = if reasons.is_empty() { "no candidate".to_owned() } else { reasons.join(", ") };
    Refusal::new(
        Code::RouteUnavailable,
        format!("no route for {corridor}, {currency}, {amount} ({reasons})"),
    )
}

fn routed(
    intent: IntentNo,
    corridor: &str,
    (route, rail): (&str, &str),
    candidates: Vec<CandidateV1>,
    table_version: u32,
) -> IntentRoutedV1 {
    IntentRoutedV1 {
        intent,
        corridor: corridor.to_owned(),
        route: route.to_owned(),
        rail: rail.to_owned(),
        candidates,
        table_version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(id: &str, priority: u32, max: u128, enabled: bool) -> RouteV1 {
        RouteV1 {
            id: id.to_owned(),
            corridor: "domestic".to_owned(),
            currency: "EUR".parse().unwrap(),
            rail: "sepa".to_owned(),
            amount_min: Amount(10),
            amount_max: Amount(max),
            priority,
            enabled,
        }
    }

    fn choice(mut routes: Vec<RouteV1>, amount: u128) -> Result<IntentRoutedV1, Refusal> {
        let pick = |routes: &[RouteV1]| {
            let table = RoutesSetV1 { version: 3, routes: routes.to_vec() };
            let eur = "EUR".parse().unwrap();
            choose(Some(&table), IntentNo(0), "domestic", eur, Amount(amount))
        };
        let chosen = pick(&routes);
        routes.reverse();
        assert_eq!(pick(&routes), chosen, "the order of the table matters");
        chosen
    }

    #[test]
    fn every_candidate_says_why_it_was_not_taken() {
        let table = vec![
            route("e", 1, 1_000, false),
            route("d", 1, 50, true),
            route("c", 2, 1_000, true),
            route("b", 2, 1_000, true),
            route("a", 3, 1_000, true),
        ];
        let routed = choice(table.clone(), 100).unwrap();
        assert_eq!((routed.route.as_str(), routed.table_version), ("b", 3));
        let why: Vec<(String, String)> = routed
            .candidates
            .into_iter()
            .map(|candidate| (candidate.route, candidate.refused_because.unwrap()))
            .collect();
        let expected = [
            ("a", "lower priority"),
            ("c", "tie broken by route id"),
            ("d", "amount above 50"),
            ("e", "disabled"),
        ];
        assert_eq!(why, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(choice(table, 5).unwrap_err().code, Code::RouteUnavailable);
    }

    #[test]
    fn of_many_candidates_the_first_by_rank_are_told() {
        let mut table: Vec<RouteV1> = (0..ROUTES_MAX as u32 - 1)
            .map(|number| route(&format!("r{:04}", 9_999 - number), number / 2, 50, true))
            .collect();
        table.push(route("good", 900, 1_000, true));
        let routed = choice(table, 100).unwrap();
        assert_eq!(routed.route, "good");
        let told: Vec<&str> = routed.candidates.iter().map(|one| one.route.as_str()).collect();
        let mut expected: Vec<String> =
            (0..CANDIDATES_MAX).map(|number| format!("r{:04}", 9_999 - number)).collect();
        expected.sort();
        assert_eq!(told, expected);
        let why = |one: &CandidateV1| one.refused_because.as_deref() == Some("amount above 50");
        assert!(routed.candidates.iter().all(why));
    }
}
