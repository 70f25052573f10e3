//! Queries under the eyes of a test, which may count what each costs the kernel.
//!
//! A query is known by the function that asks it. Owns how one is shown to who counts. Must not be
//! part of a server.

use std::any::type_name;
use std::ops::Range;
use std::sync::Arc;
use zentra_engine::Engine;

/// Runs a query, by the name of the function that asks it, and may count what that costs.
pub type Counter = Arc<dyn Fn(&'static str, &mut dyn FnMut()) + Send + Sync>;

/// Who counts, if anybody does.
#[derive(Clone, Default)]
pub(crate) struct Costs(pub(crate) Option<Counter>);

impl Costs {
    /// The query, which is counted when it runs.
    pub(crate) fn counted<T, A>(
        &self,
        ask: A,
    ) -> impl FnOnce(&Engine) -> T + Send + 'static + use<T, A>
    where
        A: FnOnce(&Engine) -> T + Send + 'static,
    {
        let costs = self.clone();
        move |engine| costs.count(type_name::<A>(), || ask(engine))
    }

    /// As `counted`, of what is asked about few scopes in a turn.
    pub(crate) fn counted_scopes<T, A>(
        &self,
        ask: A,
    ) -> impl Fn(&Engine, Range<u32>) -> T + Clone + Send + 'static + use<T, A>
    where
        A: Fn(&Engine, Range<u32>) -> T + Clone + Send + 'static,
    {
        let costs = self.clone();
        move |engine, scopes| costs.count(type_name::<A>(), || ask(engine, scopes))
    }

    fn count<T>(&self, name: &'static str, ask: impl FnOnce() -> T) -> T {
        let Some(counter) = &self.0 else { return ask() };
        let (mut ask, mut told) = (Some(ask), None);
        counter(name, &mut || told = ask.take().map(|ask| ask()));
        told.expect("a counter runs the query")
    }
}
