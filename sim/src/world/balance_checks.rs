//! Balances of the past, by position and by both clocks, and list views that are folded anew.

use super::list_checks::{KINDS, Shown, told};
use super::state::World;
use crate::failure::{Checked, fail, must};
use crate::follow::Lists;
use crate::node::Node;
use std::sync::Arc;
use zentra_engine::Engine;
use zentra_events::{Entry, Position, ScopeNo, Timestamp};
use zentra_runtime::LogError;
use zentra_views::{Dated, ListKind, RowFilter, Totals, ViewError, last_recorded, totals_at};

/// Balances that are looked up of a scope.
const LOOKED_UP: u64 = 24;

impl World {
    /// Some balances, as of a position, a recorded time and an effective time.
    pub(super) fn balances_are_right(&mut self, node: &Node) -> Checked {
        let Some(lists) = &self.followers.lists else { return Ok(()) };
        let engine = self.rebuilt()?.engine;
        let shown = Shown { lists, node, oracle: &self.oracle };
        let times = self.oracle.listing.times();
        let random = &mut self.streams.follow;
        for (number, scope) in (0..).zip(&self.oracle.model.scopes) {
            let codes: Vec<&String> = scope.money.books.accounts.keys().collect();
            for _ in 0..LOOKED_UP * u64::from(!codes.is_empty() && !times.is_empty()) {
                let (code, time) = (*random.pick(&codes), *random.pick(&times));
                let time = Timestamp(time.0 + random.below(3)).0.saturating_sub(1);
                let at = Position(random.below(self.oracle.next().get()));
                let asked = (at, Timestamp(time));
                shown.balance_is_right((&engine, ScopeNo(number)), code, asked)?;
            }
        }
        Ok(())
    }

    /// Lists that are folded anew are the same ones. What a cursor is not of is refused.
    pub(super) fn lists_are_rebuilt(&mut self, node: &Node) -> Checked {
        let Some(mut old) = self.followers.lists.take() else { return Ok(()) };
        while old.step(node.handle()).or_else(|error| fail(error.to_string()))? {}
        self.refuses_strange_cursors(&old, node)?;
        drop(old);
        if let Some(files) = &self.followers.files {
            files.lose("views").or_else(|error| fail(error.to_string()))?;
        }
        self.lists_open(node)?;
        let Some(lists) = &mut self.followers.lists else { return Ok(()) };
        must(lists.reached() == Position::ZERO, || "lost lists are there".to_owned())?;
        while lists.step(node.handle()).or_else(|error| fail(error.to_string()))? {}
        must(lists.reached() == self.oracle.next(), || "the lists are not up".to_owned())?;
        self.all_lists_are_right(node)?;
        self.balances_are_right(node)
    }

    fn refuses_strange_cursors(&self, lists: &Lists, node: &Node) -> Checked {
        let page = |kind, cursor: Option<&zentra_api_types::Cursor>| {
            let list = |rows: &zentra_views::Rows| {
                rows.list(kind, ScopeNo(0), &RowFilter::default(), cursor, 1)
            };
            lists.read(node.handle(), ScopeNo(0), list)
        };
        for kind in KINDS {
            let next = told(page(kind, None))?.and_then(|page| page.next);
            let Some(cursor) = next else { continue };
            let other = match kind {
                ListKind::Accounts => ListKind::Intents,
                _ => ListKind::Accounts,
            };
            let refused = page(other, Some(&cursor));
            must(matches!(refused, Err(ViewError::BadCursor)), || {
                format!("a cursor of {kind:?} is taken for one of {other:?}")
            })?;
        }
        Ok(())
    }
}

impl Shown<'_> {
    fn balance_is_right(
        &self,
        (engine, scope): (&Engine, ScopeNo),
        code: &str,
        (at, time): (Position, Timestamp),
    ) -> Checked {
        let account = code.parse().ok().and_then(|code| engine.ledger().account(scope, &code));
        let Some(account) = account else { return fail(format!("there is no account {code}")) };
        let no = account.no;
        let rows = self.lists.read(self.node.handle(), scope, |rows| rows.dated(no, time));
        let Some(dated) = told(rows)? else { return Ok(()) };
        let log = self.node.handle().log();
        let read = |position: Position| -> Result<Arc<Entry>, LogError> {
            Ok(log.entry(position)?.expect("an entry before the log's end"))
        };
        let after = totals_at(&account, at, &read).or_else(not_read)?;
        let found = last_recorded(self.oracle.next(), time, &read).or_else(not_read)?;
        let recorded = match found {
            Some(at) => totals_at(&account, at, &read).or_else(not_read)?,
            None => Totals::default(),
        };
        let effective = by_effect(recorded, &dated);
        let listing = &self.oracle.listing;
        let shown = [after, recorded, effective].map(|totals| (totals.debits.0, totals.credits.0));
        let known =
            [listing.after(no, at), listing.recorded(no, time), listing.effective(no, time)];
        must(shown == known, || {
            format!(
                "{code} after {at:?}, by {time:?} as recorded, and as effective\n  must be \
                 {known:?}\n  and is {shown:?}"
            )
        })
    }
}

fn not_read<T>(error: LogError) -> Checked<T> {
    fail(format!("a balance is not read: {error}"))
}

/// What was not dated counts when it is recorded.
fn by_effect(recorded: Totals, dated: &Dated) -> Totals {
    recorded.minus(dated.recorded).plus(dated.effective)
}
