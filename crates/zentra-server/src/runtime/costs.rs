//! What each query costs the kernel, counted in tests: records of tables that it looks at, and
//! allocations.
//!
//! A query is known by the function that asks it. Must not be part of a server.

use allocation_counter::measure;
use std::any::type_name;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use zentra_engine::Engine;
use zentra_table::visited;

/// What one run of a query cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) visited: u64,
    pub(crate) allocations: u64,
    pub(crate) bytes: u64,
}

/// The dearest run of each query.
#[derive(Default)]
pub(crate) struct Costs {
    dearest: Mutex<BTreeMap<&'static str, Cost>>,
}

impl Costs {
    /// The query, which is counted when it runs.
    pub(crate) fn counted<T, A>(
        self: &Arc<Self>,
        ask: A,
    ) -> impl FnOnce(&Engine) -> T + Send + 'static + use<T, A>
    where
        A: FnOnce(&Engine) -> T + Send + 'static,
    {
        let costs = Arc::clone(self);
        move |engine| costs.count(type_name::<A>(), || ask(engine))
    }

    /// As `counted`, of what is asked about few scopes in a turn.
    pub(crate) fn counted_scopes<T, A>(
        self: &Arc<Self>,
        ask: A,
    ) -> impl Fn(&Engine, Range<u32>) -> T + Clone + Send + 'static + use<T, A>
    where
        A: Fn(&Engine, Range<u32>) -> T + Clone + Send + 'static,
    {
        let costs = Arc::clone(self);
        move |engine, scopes| costs.count(type_name::<A>(), || ask(engine, scopes))
    }

    /// What was counted until now; it begins anew.
    pub(crate) fn take(&self) -> BTreeMap<&'static str, Cost> {
        std::mem::take(&mut self.dearest.lock().unwrap())
    }

    fn count<T>(&self, name: &'static str, ask: impl FnOnce() -> T) -> T {
        let (before, mut told) = (visited(), None);
        let made = measure(|| told = Some(ask()));
        let visited = visited() - before;
        let mut dearest = self.dearest.lock().unwrap();
        let cost = dearest.entry(name).or_default();
        cost.visited = cost.visited.max(visited);
        cost.allocations = cost.allocations.max(made.count_total);
        cost.bytes = cost.bytes.max(made.bytes_total);
        told.unwrap()
    }
}
