//! Lists, told whole and page by page, against the model's: docs/reference/lists.md.

use super::state::World;
use crate::failure::{Checked, fail, must};
use crate::follow::{Lists, Paging};
use crate::node::Node;
use crate::oracle::{Oracle, Row, id_of};
use crate::random::Random;
use serde_json::{Map, Value};
use zentra_events::ScopeNo;
use zentra_views::{ListKind, RowFilter, ViewError};

pub(super) const KINDS: [ListKind; 6] = [
    ListKind::Accounts,
    ListKind::Intents,
    ListKind::Events,
    ListKind::Deliveries,
    ListKind::DeadLetters,
    ListKind::Replays,
];

/// What pages are read of.
pub(super) struct Shown<'a> {
    pub(super) lists: &'a Lists,
    pub(super) node: &'a Node,
    pub(super) oracle: &'a Oracle,
}

type Page = (Vec<Value>, Option<zentra_api_types::Cursor>);

impl Shown<'_> {
    /// A page; none while the lists are not up.
    fn page(
        &self,
        (kind, scope): (ListKind, ScopeNo),
        filter: &RowFilter,
        (cursor, limit): (Option<&zentra_api_types::Cursor>, usize),
    ) -> Checked<Option<Page>> {
        let read = self.lists.read(self.node.handle(), scope, |rows| {
            let page = rows.list(kind, scope, filter, cursor, limit)?;
            Ok((page.rows, page.next))
        });
        told(read)
    }

    /// All that a filter takes, page by page.
    fn all(
        &self,
        list: (ListKind, ScopeNo),
        filter: &RowFilter,
        limit: usize,
    ) -> Checked<Option<Vec<Value>>> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let Some((rows, next)) = self.page(list, filter, (cursor.as_ref(), limit))? else {
                return Ok(None);
            };
            must(rows.len() <= limit, || format!("{list:?}: {} rows of {limit}", rows.len()))?;
            all.extend(rows);
            match next {
                Some(_) => cursor = next,
                None => return Ok(Some(all)),
            }
        }
    }

    /// A list is the model's, row by row.
    pub(super) fn is_right(
        &self,
        list: (ListKind, ScopeNo),
        filter: &RowFilter,
        limit: usize,
    ) -> Checked {
        let Some(shown) = self.all(list, filter, limit)? else { return Ok(()) };
        let expected = self.oracle.rows(list.0, list.1);
        let mut expected = expected.iter().filter(|row| row.is_in(filter)).map(|row| &row.shown);
        let mut shown = shown.iter();
        loop {
            let (row, known) = (shown.next(), expected.next());
            must(row == known, || {
                format!("{list:?} by {filter:?}\n  must tell {known:?}\n  and tells {row:?}")
            })?;
            if row.is_none() {
                return Ok(());
            }
        }
    }

    /// What is told of single things: how far replays have come, which deliveries an event has.
    pub(super) fn details_are_right(&self, scope: ScopeNo) -> Checked {
        let (replays, events) = self.oracle.replays_and_events(scope);
        for id in replays {
            let read = self.lists.read(self.node.handle(), scope, |rows| rows.replay(id));
            let Some(progress) = told(read)? else { return Ok(()) };
            let mut shown = Map::new();
            progress.show(&mut shown);
            let known = self.oracle.replay_progress(id);
            must(Some(&shown) == known.as_ref(), || {
                format!("replay {id}\n  must have come to {known:?}\n  and has to {shown:?}")
            })?;
        }
        let deliveries = self.oracle.rows(ListKind::Deliveries, scope);
        for id in events.into_iter().rev().take(8) {
            let read = self.lists.read(self.node.handle(), scope, |rows| {
                let found = rows.deliveries_of(scope, id)?;
                let listens = rows.listening(scope, &found)?;
                Ok((found, listens))
            });
            let Some((shown, listens)) = told(read)? else { return Ok(()) };
            let of_it = |row: &&Row| row.shown["event_id"] == id.to_string();
            let known: Vec<Value> =
                deliveries.iter().rev().filter(of_it).map(|row| row.shown.clone()).collect();
            must(shown == known, || format!("{id}: {known:?}\n  and it shows {shown:?}"))?;
            let waits = |word: &str| {
                known
                    .iter()
                    .zip(&listens)
                    .all(|(row, listens)| row["status"] != word || *listens == (word == "pending"))
            };
            must(waits("pending") && waits("parked"), || format!("{id}: {known:?} {listens:?}"))?;
        }
        Ok(())
    }
}

pub(super) fn told<T>(read: Result<Option<T>, ViewError>) -> Checked<Option<T>> {
    read.or_else(|error| fail(format!("a list is not read: {error}")))
}

impl World {
    /// Lists are read, now and then: all of some, and a page of the one that is paged through.
    pub(super) fn reads_lists(&mut self) -> Checked {
        if self.followers.lists.is_none() || !self.streams.follow.chance(100) {
            return Ok(());
        }
        let random = &mut self.streams.follow;
        let scope = ScopeNo(random.below(self.oracle.model.scopes.len() as u64) as u32);
        let kind = *random.pick(&KINDS);
        let (Some(lists), Some(node)) = (&self.followers.lists, &self.node) else { return Ok(()) };
        let shown = Shown { lists, node, oracle: &self.oracle };
        let limit = random.magnitude(1, 500) as usize;
        shown.is_right((kind, scope), &RowFilter::default(), limit)?;
        let filter = filter(random, &self.oracle.rows(kind, scope));
        shown.is_right((kind, scope), &filter, limit)?;
        shown.details_are_right(scope)?;
        let paging = self.followers.paging.take();
        let paging = paging.unwrap_or_else(|| begin(&self.oracle, (kind, scope)));
        self.followers.paging = next_page(&shown, random, paging)?;
        Ok(())
    }

    /// Every list, by several filters.
    pub(super) fn all_lists_are_right(&mut self, node: &Node) -> Checked {
        let Some(lists) = &self.followers.lists else { return Ok(()) };
        let shown = Shown { lists, node, oracle: &self.oracle };
        for scope in (0..self.oracle.model.scopes.len() as u32).map(ScopeNo) {
            shown.details_are_right(scope)?;
            for kind in KINDS {
                shown.is_right((kind, scope), &RowFilter::default(), 500)?;
                let rows = self.oracle.rows(kind, scope);
                for _ in 0..4 {
                    let filter = filter(&mut self.streams.follow, &rows);
                    let limit = self.streams.follow.magnitude(1, 50) as usize;
                    shown.is_right((kind, scope), &filter, limit)?;
                }
            }
        }
        Ok(())
    }
}

fn begin(oracle: &Oracle, (kind, scope): (ListKind, ScopeNo)) -> Paging {
    let kind = if kind == ListKind::DeadLetters { ListKind::Deliveries } else { kind };
    let there = oracle.rows(kind, scope).iter().map(Row::id).collect();
    Paging { kind, scope, cursor: None, there, told: Vec::new() }
}

/// What was there when the paging began is told once, in its order, whatever came since.
fn next_page(
    shown: &Shown<'_>,
    random: &mut Random,
    mut paging: Paging,
) -> Checked<Option<Paging>> {
    let Paging { kind, scope, .. } = paging;
    let limit = random.magnitude(1, 16) as usize;
    let cursor = paging.cursor.as_ref();
    let filter = RowFilter::default();
    let page = shown.page((kind, scope), &filter, (cursor, limit))?;
    let Some((rows, next)) = page else {
        // What was there when it began is what was there at its first page.
        return Ok(Some(paging).filter(|paging| !paging.told.is_empty()));
    };
    paging.told.extend(rows.iter().map(id_of));
    paging.cursor = next;
    let Paging { there, told, .. } = &paging;
    let is_over = paging.cursor.is_none();
    must(there.starts_with(told) && (!is_over || there == told), || {
        format!("{kind:?} of {scope:?}, in pages\n  must tell {there:?}\n  and tells {told:?}")
    })?;
    Ok((!is_over).then_some(paging))
}

/// Conditions that some rows meet.
fn filter(random: &mut Random, rows: &[Row]) -> RowFilter {
    let mut filter = RowFilter::default();
    if rows.is_empty() {
        return filter;
    }
    let mut text = |field: &str, odds: u64| {
        let row = &random.pick(rows).shown;
        let text = row[field].as_str().map(str::to_owned);
        text.filter(|_| random.chance(odds))
    };
    filter.endpoint = text("endpoint_id", 300).and_then(|id| id.parse().ok());
    filter.status = text("status", 400).or_else(|| text("state", 400));
    filter.intent = text("intent_id", 150).and_then(|id| id.parse().ok());
    filter.event_type = text("event_type", 300).or_else(|| text("type", 300));
    if let Some((family, _)) = filter.event_type.as_deref().and_then(|one| one.split_once('.'))
        && random.chance(400)
    {
        filter.event_type = Some(format!("{family}.*"));
    }
    let mut time = |odds: u64| {
        let time = random.pick(rows).recorded_at;
        Some(time).filter(|_| random.chance(odds))
    };
    (filter.since, filter.until) = (time(300), time(300));
    filter
}
