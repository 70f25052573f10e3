//! An engine with many funded accounts, and the entries that made it so.
//!
//! Owns the way there. Whether somebody listens decides the way that intents take: nobody, the
//! fast path; an endpoint, the slow one. Must not know what is measured.

use crate::support::source::{Party, SCOPE, Source, actor, currency};
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command, Engine, Outcome, Request};
use zentra_events::{AccountCode, Amount, Direction, Entry, RequestId, Timestamp};
use zentra_ledger::key_table::account_key;
use zentra_ledger::{LedgerCommand, TransferLine};

const ACCOUNTS: u32 = 10_000;
/// Minor units on each account: no run ends them.
const FUNDS: u128 = 1_000_000_000_000;
/// Accounts that one transfer funds; a transfer has 256 lines at most.
const FUNDED_AT_ONCE: usize = 250;

/// An engine and what to ask it.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) source: Source,
    entries: Vec<Entry>,
}

impl World {
    /// When everything happens.
    pub(crate) const NOW: Timestamp = Timestamp(1_000);

    /// Nobody listens: intents take the fast path.
    pub(crate) fn fast() -> World {
        World::new(false)
    }

    /// An endpoint listens: intents take the slow path.
    pub(crate) fn slow() -> World {
        World::new(true)
    }

    /// Another engine of the same state, made from the entries.
    pub(crate) fn follower(&self) -> Engine {
        let mut engine = Engine::new(0);
        for entry in &self.entries {
            engine.apply(&entry.borrow()).expect("the entries are in order");
        }
        assert_eq!(engine.next_position(), self.engine.next_position());
        engine
    }

    fn new(listens: bool) -> World {
        let mut made = Vec::new();
        let mut engine = Engine::new(0);
        let name = "workspace_scope".parse().expect("it is a scope's name");
        must(
            &mut engine,
            &mut made,
            Command::Access(AccessCommand::CreateScope { name, key: None }),
        );
        let codes: Vec<AccountCode> = (0..ACCOUNTS).map(|number| code(&customer(number))).collect();
        for some in codes.chunks(FUNDED_AT_ONCE) {
            must(&mut engine, &mut made, fund(some));
        }
        if listens {
            must(&mut engine, &mut made, endpoint());
        }
        let parties = codes.into_iter().map(|code| {
            let key = account_key(SCOPE, code.as_str());
            let no = engine.ledger().find_account(&key).expect("it was funded");
            Party { no, code, key }
        });
        let mut source = Source::new(parties.collect());
        // The first intent opens the accounts that the others find.
        must(&mut engine, &mut made, source.request().command);
        World { engine, source, entries: made }
    }
}

fn must(engine: &mut Engine, made: &mut Vec<Entry>, command: Command) {
    let request = Request {
        scope: SCOPE,
        actor: actor(),
        key: None,
        request_id: RequestId([9; 16]),
        cause: None,
        idempotency: None,
        command,
    };
    match engine.handle(World::NOW, &request) {
        Outcome::Entry(entry) => made.push(entry),
        other => panic!("{:?}: {other:?}", request.command),
    }
}

fn fund(accounts: &[AccountCode]) -> Command {
    let line = |account: &AccountCode, direction, amount| TransferLine {
        account: account.clone(),
        direction,
        amount: Amount(amount),
        currency: currency(),
    };
    let mut lines = vec![line(&code("world"), Direction::Debit, FUNDS * accounts.len() as u128)];
    lines.extend(accounts.iter().map(|account| line(account, Direction::Credit, FUNDS)));
    Command::Ledger(LedgerCommand::PostTransfer { lines, correction: None })
}

fn endpoint() -> Command {
    Command::Delivery(DeliveryCommand::CreateEndpoint {
        url: "https://example.com/".into(),
        filters: vec!["transfer.*".into()],
        secret: SecretChoice::Own { sealed: vec![1, 2, 3] },
        policy: default_policy(),
        description: String::new(),
    })
}

fn customer(number: u32) -> String {
    format!("customer_balance:{number}")
}

fn code(text: &str) -> AccountCode {
    text.parse().expect("it is an account's code")
}
