//! How many answers each route gave, by method and class of status, for the metrics.
//!
//! Owns the counters: each is registered with its first answer, and from then on counting neither
//! allocates nor locks. Must not know what is answered.

use axum::http::{Method, StatusCode};
use metrics::Counter;
use std::sync::OnceLock;

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD];
/// Any other method, whose name is the caller's.
const OTHER: &str = "other";
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The counters of all routes.
pub(crate) struct AnswerCounters {
    /// By path.
    routes: Vec<RouteCounters>,
    none: RouteCounters,
}

/// Those of one route, by method and class.
pub(crate) struct RouteCounters {
    path: String,
    cells: [[OnceLock<Counter>; CLASSES.len()]; METHODS.len() + 1],
}

impl AnswerCounters {
    /// Counters for routes of these paths, as they are served and described.
    pub(crate) fn of(paths: impl IntoIterator<Item = String>) -> AnswerCounters {
        let route = |path| RouteCounters { path, cells: Default::default() };
        let mut routes: Vec<RouteCounters> = paths.into_iter().map(route).collect();
        routes.sort_by(|one, other| one.path.cmp(&other.path));
        AnswerCounters { routes, none: route("none".to_owned()) }
    }

    /// The counters of a path, if there is such a route.
    pub(crate) fn route(&self, path: Option<&str>) -> &RouteCounters {
        let found = path.and_then(|path| {
            let place = self.routes.binary_search_by(|route| route.path.as_str().cmp(path)).ok()?;
            self.routes.get(place)
        });
        found.unwrap_or(&self.none)
    }
}

impl RouteCounters {
    /// Counts an answer.
    pub(crate) fn count(&self, method: &Method, status: StatusCode) {
        let known = METHODS.iter().position(|one| one == method);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(CLASSES.len() - 1);
        let counter = self.cells[known.unwrap_or(METHODS.len())][class].get_or_init(|| {
            metrics::counter!(
                "zentra_http_responses_total",
                "route" => self.path.clone(),
                "method" => known.map_or(OTHER, |_| method.as_str()).to_owned(),
                "status" => CLASSES[class],
            )
        });
        counter.increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allocation_counter::measure;
    use metrics_exporter_prometheus::PrometheusBuilder;

    #[test]
    fn answers_are_counted_by_route_method_and_class_without_allocating() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            let counters = AnswerCounters::of(["/intents".to_owned(), "/a/{id}".to_owned()]);
            let count = |path, method: &Method, status: u16| {
                counters.route(path).count(method, StatusCode::from_u16(status).unwrap());
            };
            for _ in 0..3 {
                count(Some("/intents"), &Method::POST, 201);
            }
            count(Some("/intents"), &Method::POST, 422);
            count(Some("/a/{id}"), &Method::GET, 200);
            count(None, &Method::GET, 404);
            count(Some("/intents"), &Method::from_bytes(b"BREW").unwrap(), 405);
            let made = measure(|| count(Some("/intents"), &Method::POST, 200));
            assert_eq!(made.count_total, 0);
        });
        let mut told: Vec<String> = recorder.handle().render().lines().map(str::to_owned).collect();
        told.retain(|line| line.starts_with("zentra_http_responses_total{"));
        told.sort();
        let line = |route, method, status, count| {
            format!(
                "zentra_http_responses_total{{route=\"{route}\",method=\"{method}\",\
                 status=\"{status}\"}} {count}"
            )
        };
        let expected = [
            line("/a/{id}", "GET", "2xx", 1),
            line("/intents", "POST", "2xx", 4),
            line("/intents", "POST", "4xx", 1),
            line("/intents", "other", "4xx", 1),
            line("none", "GET", "4xx", 1),
        ];
        assert_eq!(told, expected);
    }
}
