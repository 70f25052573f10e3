//! The ledger of a scope as a plain-text journal that hledger reads and judges.
//!
//! Its first lines say which entries it is of, and the root of the last checkpoint over them. One
//! transaction a `ledger.posted`, in log order, with minor units as integers of a commodity named
//! after the currency; at the end a balance assertion for every account, from the engine's own
//! state, so that hledger compares its sums with ours. Owns the text form. Dates are the recorded
//! ones; account codes are written with `:` as they are, under a root named after the scope.

use crate::cmd::open::open_reader;
use anyhow::{Context, Result, anyhow};
use data_encoding::BASE64;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;
use zentra_engine::{Engine, Sealed};
use zentra_env::Env;
use zentra_events::{
    AccountNo, Amount, Direction, Event, Header, Position, ScopeName, ScopeNo, Timestamp,
};
use zentra_server::server::PARTITION;

struct Account {
    code: String,
    commodity: String,
}

/// The journal of a scope.
///
/// # Errors
/// When the log does not open or fold, or there is no such scope.
pub(crate) fn of_scope(env: &Env, data: &Path, scope: &str) -> Result<String> {
    let wanted: ScopeName = scope.parse()?;
    let log = open_reader(env, data)?;
    let mut engine = Engine::new(PARTITION);
    let mut accounts = BTreeMap::new();
    let mut journal = String::new();
    let mut last = Timestamp(0);
    let mut failed = None;
    log.scan(Position::ZERO, &mut |entry, _| {
        if let Err(error) = engine.apply(&entry.borrow()) {
            failed = Some(anyhow!(error));
            return ControlFlow::Break(());
        }
        if engine.directory().scope_name(entry.header.scope) != Some(&wanted) {
            return ControlFlow::Continue(());
        }
        last = entry.header.recorded_at;
        for recorded in entry.events() {
            if let Err(error) = event(&mut journal, &mut accounts, &entry.header, &recorded.event) {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    engine.index(1)?;
    let known = engine.directory().scope_by_name(&wanted);
    let known = known.with_context(|| format!("there is no scope named {scope}"))?;
    let head = provenance(&engine, known, scope)? + &declarations(&accounts)?;
    assertions(&mut journal, &accounts, &engine, last)?;
    Ok(head + &journal)
}

/// What the journal stands on: where the log ended, and the scope's last checkpoint by then.
fn provenance(engine: &Engine, scope: ScopeNo, name: &str) -> Result<String> {
    let mut head = String::new();
    let entries = engine.directory().next_number(scope).map_or(0, |number| number.0);
    let end = engine.next_position().get();
    writeln!(head, "; scope {name}: its {entries} entries before position {end} of the log")?;
    match engine.sealed(scope) {
        Some(Sealed { tree_size, root, position }) => writeln!(
            head,
            "; checkpoint at position {}: its first {tree_size} entries have the root {}",
            position.get(),
            BASE64.encode(&root)
        )?,
        None => writeln!(head, "; no checkpoint covers them yet")?,
    }
    Ok(head)
}

fn declarations(accounts: &BTreeMap<AccountNo, Account>) -> Result<String> {
    let mut head = String::new();
    let mut commodities: Vec<&str> = accounts.values().map(|a| a.commodity.as_str()).collect();
    commodities.sort_unstable();
    commodities.dedup();
    for commodity in commodities {
        writeln!(head, "commodity 1000. {commodity}")?;
    }
    for account in accounts.values() {
        writeln!(head, "account {}", account.code)?;
    }
    Ok(head)
}

fn event(
    journal: &mut String,
    accounts: &mut BTreeMap<AccountNo, Account>,
    header: &Header,
    event: &Event,
) -> Result<()> {
    if let Event::AccountOpened(opened) = event {
        let account = Account {
            code: opened.code.to_string(),
            commodity: format!("\"{}mu\"", opened.currency),
        };
        accounts.insert(opened.account, account);
    } else if let Event::LedgerPosted(posted) = event {
        let day = date(header.recorded_at);
        let (leg, position) = (posted.leg.as_str(), header.position.get());
        writeln!(journal, "\n{day} {leg} at position {position}")?;
        for line in &posted.lines {
            let account = accounts.get(&line.account).context("a posting names no account")?;
            let sign = if line.direction == Direction::Debit { "-" } else { "" };
            writeln!(journal, "    {}  {sign}{} {}", account.code, line.amount, account.commodity)?;
        }
    }
    Ok(())
}

fn assertions(
    journal: &mut String,
    accounts: &BTreeMap<AccountNo, Account>,
    engine: &Engine,
    last: Timestamp,
) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    writeln!(journal, "\n{} balance assertions", date(last))?;
    for (number, account) in accounts {
        let view = engine.ledger().account_by_no(*number).context("an account is missing")?;
        let balance = signed(view.debits, view.credits);
        let Account { code, commodity } = account;
        writeln!(journal, "    {code}  0 {commodity} = {balance} {commodity}")?;
    }
    Ok(())
}

fn signed(debits: Amount, credits: Amount) -> String {
    match credits.checked_sub(debits) {
        Some(balance) => balance.to_string(),
        None => format!("-{}", debits.0 - credits.0),
    }
}

fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
