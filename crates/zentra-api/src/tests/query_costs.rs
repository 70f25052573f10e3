//! What each query costs the kernel: records of tables that it looks at, and allocations.

use allocation_counter::measure;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use zentra_runtime::Counter;
use zentra_table::visited;

/// What one run of a query cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) visited: u64,
    pub(super) allocations: u64,
    pub(super) bytes: u64,
}

/// The dearest run of each query.
#[derive(Default)]
pub(super) struct Costs {
    dearest: Mutex<BTreeMap<&'static str, Cost>>,
}

impl Costs {
    /// Who counts for a handle.
    pub(super) fn counter(self: &Arc<Costs>) -> Counter {
        let costs = Arc::clone(self);
        Arc::new(move |name, ask| costs.count(name, ask))
    }

    /// What was counted until now; it begins anew.
    pub(super) fn take(&self) -> BTreeMap<&'static str, Cost> {
        std::mem::take(&mut self.dearest.lock().unwrap())
    }

    fn count(&self, name: &'static str, ask: &mut dyn FnMut()) {
        let before = visited();
        let made = measure(ask);
        let visited = visited() - before;
        let mut dearest = self.dearest.lock().unwrap();
        let cost = dearest.entry(name).or_default();
        cost.visited = cost.visited.max(visited);
        cost.allocations = cost.allocations.max(made.count_total);
        cost.bytes = cost.bytes.max(made.bytes_total);
    }
}
