//! What must hold all the time, and what must hold at the end.

use super::state::World;
use crate::failure::{Checked, fail, must};
use crate::node::{PLACES, open};
use crate::oracle::{Account, Delivery, Hears, Intent, Rests, Status};
use crate::words;
use zentra_engine::Engine;
use zentra_events::ScopeNo;
use zentra_events::event::AccountStatus;
use zentra_ledger::{AccountView, IntentState, IntentView};
use zentra_runtime::{FolderPart, Opened};

impl World {
    /// The faults are over: what waits will end.
    pub(super) fn calms_down(&mut self) {
        (self.calm, self.calm_since) = (true, self.agenda.now());
        self.say(format_args!("the faults are over"));
        self.makes_space();
    }

    /// Compares a state that is folded from the log with the model, now and then.
    pub(super) fn checks_the_state(&mut self) -> Checked {
        if self.counts.steps.is_multiple_of(64) {
            let rebuilt = self.rebuilt()?;
            if rebuilt.engine.next_position() == self.oracle.next() {
                self.compares(&rebuilt.engine)?;
            }
        }
        Ok(())
    }

    /// What the log alone comes to.
    pub(super) fn rebuilt(&self) -> Checked<Opened> {
        let rebuilt = open(&self.env, &self.disk.copy_without(FolderPart::Snapshots));
        rebuilt.or_else(|error| fail(format!("no rebuild: {error}")))
    }

    fn compares(&self, engine: &Engine) -> Checked {
        for (number, scope) in (0..).zip(&self.oracle.model.scopes) {
            let number = ScopeNo(number);
            for (code, account) in &scope.money.books.accounts {
                let shown =
                    code.parse().ok().and_then(|code| engine.ledger().account(number, &code));
                let shown = shown.map(|shown| shown_account(&shown));
                let known = Some(known_account(account));
                must(shown == known, || {
                    let [shown, known] = [shown, known].map(words::account);
                    format!("account {code} is shown as {shown}\n  must have been {known}")
                })?;
            }
            for (id, intent) in &scope.money.all {
                let shown = id.parse().ok().and_then(|id| engine.ledger().intent(number, &id));
                let shown = shown.map(|shown| shown_intent(&shown));
                let known = Some(known_intent(intent));
                must(shown == known, || {
                    let [shown, known] = [shown, known].map(words::intent);
                    format!("intent {id} is shown as {shown}\n  must have been {known}")
                })?;
            }
            conserved(scope.money.books.accounts.values())?;
        }
        self.compares_deliveries(engine)
    }

    /// All is quiet: nothing waits, and the log says what the state says.
    pub(super) fn at_the_end(&mut self) -> Checked {
        self.takes_in_all()?;
        let Some(node) = self.node.take() else { return fail("no process runs at the end") };
        must(node.is_at_rest(), || "something waits at the end that nobody works on".to_owned())?;
        must(self.waiting.is_empty(), || "a caller waits at the end".to_owned())?;
        self.deliveries_at_the_end()?;
        self.followers_at_the_end()?;
        self.all_lists_are_right(&node)?;
        self.balances_are_right(&node)?;
        self.lists_are_rebuilt(&node)?;
        self.followers.end();
        let live = node.stop().or_else(|error| fail(format!("no clean stop: {error}")))?;
        self.compares(&live)?;
        self.holds_are_whole(&live)?;
        same_digests(&live, &self.rebuilt()?.engine)
    }

    /// At no effective time is less reserved than nothing.
    fn holds_are_whole(&self, engine: &Engine) -> Checked {
        for (number, scope) in (0..).zip(&self.oracle.model.scopes) {
            let number = ScopeNo(number);
            let accounts = scope.money.books.accounts.keys();
            for code in accounts.filter(|code| code.starts_with("reserved_balance")) {
                let known =
                    code.parse().ok().and_then(|code| engine.ledger().account(number, &code));
                let Some(known) = known else { return fail(format!("there is no account {code}")) };
                let overdrawn = self.oracle.listing.overdrawn(known.no);
                must(overdrawn.is_none(), || format!("{code} is below zero at {overdrawn:?}"))?;
            }
        }
        Ok(())
    }

    /// The process keeps what waits, and no more, and has no more attempts under way than places.
    pub(super) fn keeps_what_waits(&self) -> Checked {
        let Some(node) = &self.node else { return Ok(()) };
        let (model, (waiting, under_way)) = (&self.oracle.model.deliveries, node.kept());
        let waits = |one: &&Delivery| {
            one.rests == Rests::Waiting
                && model.hooks.endpoints[one.endpoint].hears != Hears::Deleted
        };
        let known = model.all.iter().filter(waits).count();
        // One whose endpoint is deleted while its attempt is under way is kept until it has ended.
        let fits = (known..=known + under_way).contains(&waiting);
        must(fits && under_way <= PLACES as usize, || {
            format!("{known} deliveries wait, and {waiting} are kept, {under_way} under way")
        })
    }

    /// Compares a state that a process starts with, wherever it is from, with what the log alone
    /// comes to, and with the model.
    pub(super) fn is_what_the_log_says(&self, started: &Engine) -> Checked {
        same_digests(started, &self.rebuilt()?.engine)?;
        self.compares(started)
    }
}

fn same_digests(one: &Engine, again: &Engine) -> Checked {
    for ((name, one), (_, again)) in one.digests().iter().zip(&again.digests()) {
        must(one == again, || format!("the digest of {name} differs after a rebuild"))?;
    }
    Ok(())
}

fn conserved<'a>(accounts: impl Iterator<Item = &'a Account>) -> Checked {
    let mut sums = std::collections::BTreeMap::new();
    for account in accounts {
        *sums.entry(account.currency).or_insert(0_i128) += account.posted;
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        Some((currency, sum)) => fail(format!("{sum} {} came out of nothing", currency.as_str())),
        None => Ok(()),
    }
}

/// Currency, posted, reserved, status.
type AccountShown = (String, i128, u128, Status);

fn known_account(account: &Account) -> AccountShown {
    (account.currency.as_str().to_owned(), account.posted, account.reserved, account.status)
}

fn shown_account(shown: &AccountView) -> AccountShown {
    let (negative, size) = shown.posted();
    let posted = if negative { -(size.0 as i128) } else { size.0 as i128 };
    let status = match shown.status {
        AccountStatus::Open => Status::Open,
        AccountStatus::Frozen => Status::Frozen,
        AccountStatus::Closed => Status::Closed,
    };
    (shown.currency.as_str().to_owned(), posted, shown.reserved.0, status)
}

/// State, reserved, settled, reversed.
type IntentShown = (&'static str, u128, u128, u128);

fn known_intent(intent: &Intent) -> IntentShown {
    let word = intent.stage.word();
    (word, intent.reserved, intent.settled, intent.reversed)
}

fn shown_intent(shown: &IntentView) -> IntentShown {
    let IntentView { state, reserved, settled, reversed, .. } = shown;
    (IntentState::as_str(*state), reserved.0, settled.0, reversed.0)
}
