//! The model of one log: scopes, keys, and what each command comes to.

use super::fact::Fact;
use super::intents::{Intents, Taken, When};
use super::money::{self, Judged, Opening};
use std::collections::BTreeMap;
use zentra_engine::{AccessCommand, Command, NewKey, Request};
use zentra_ledger::LedgerCommand;

/// The model's state. Scopes have their numbers in the order of the log.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) scopes: Vec<Scope>,
}

/// A scope.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) name: String,
    pub(crate) money: Intents,
    /// Answers by idempotency key: the fingerprint and the entry.
    pub(crate) keyed: BTreeMap<[u8; 16], ([u8; 16], zentra_events::Position)>,
}

impl Model {
    /// The scope with a number.
    pub(crate) fn scope(&self, number: u32) -> Option<&Scope> {
        self.scopes.get(number as usize)
    }

    /// What a command comes to. The model has moved on when that is new.
    pub(crate) fn judge(&mut self, request: &Request, when: When) -> Taken {
        if let Command::Refuse(refusal) = &request.command {
            return Taken::Refused(refusal.code.as_str());
        }
        if let Command::Access(command) = &request.command {
            return self.access(command);
        }
        let Some(scope) = self.scopes.get_mut(request.scope.0 as usize) else {
            return Taken::Refused("not_found");
        };
        match &request.command {
            Command::Ledger(command) => {
                let keyed = request.idempotency.is_some();
                ledger(&mut scope.money, command, keyed, when)
            }
            _ => Taken::Refused("internal"),
        }
    }

    fn access(&mut self, command: &AccessCommand) -> Taken {
        let judged = match command {
            AccessCommand::CreateScope { name, key } => {
                if self.scopes.iter().any(|scope| scope.name == name.as_str()) {
                    return Taken::Refused("scope_exists");
                }
                let name = name.as_str().to_owned();
                self.scopes.push(Scope { name: name.clone(), ..Scope::default() });
                let mut facts = vec![Fact::ScopeMade(name)];
                facts.extend(key.as_ref().map(made_key));
                Ok(facts)
            }
            AccessCommand::CreateKey(key) => Ok(vec![made_key(key)]),
            AccessCommand::RevokeKey { .. } | AccessCommand::SetQuotas { .. } => Err("internal"),
        };
        taken(judged)
    }
}

fn made_key(key: &NewKey) -> Fact {
    Fact::KeyMade { roles: key.roles }
}

fn ledger(money: &mut Intents, command: &LedgerCommand, keyed: bool, when: When) -> Taken {
    use LedgerCommand as L;
    let Intents { books, rules, .. } = &mut *money;
    let amount_of = |amount: &Option<zentra_events::Amount>| amount.map(|amount| amount.0);
    taken(match command {
        L::OpenAccount { code, currency, exponent, floor, by_admin, .. } => {
            let (currency, exponent, floor, by_admin) = (*currency, *exponent, *floor, *by_admin);
            money::open(books, &Opening { code, currency, exponent, floor, by_admin })
        }
        L::SetAccountStatus { code, status, by_admin, .. } => {
            money::set_status(books, code, *status, *by_admin)
        }
        L::SetChart { templates } => money::set_chart(books, templates),
        L::SetPolicy { rules: asked } => rules.set_policy(asked),
        L::SetRoutes { routes } => rules.set_routes(routes),
        L::ResetRoutes => rules.reset_routes(),
        L::DeclareCurrency { currency, exponent } => {
            let known = books.declared.get(currency);
            if let Some((_, at)) = known.filter(|(digits, _)| digits == exponent && !keyed) {
                return Taken::Again(*at);
            }
            money::declare(books, *currency, *exponent, when.position)
        }
        L::PostTransfer { lines, correction } => {
            money::transfer(books, lines, correction.as_deref())
        }
        L::AcceptIntent { intent_id, digest, details } => {
            return money.accept(intent_id.as_str(), *digest, details.as_ref(), when);
        }
        L::ConfirmIntent { intent_id, digest, details } => {
            return money.confirm(intent_id.as_str(), *digest, details, when);
        }
        L::SettleIntent { intent_id, amount, effective_at } => {
            money.settle(intent_id.as_str(), amount_of(amount), *effective_at, when)
        }
        L::VoidIntent { intent_id, effective_at, .. } => {
            money.void(intent_id.as_str(), *effective_at, when)
        }
        L::ReverseIntent { intent_id, amount, effective_at, .. } => {
            money.reverse(intent_id.as_str(), amount_of(amount), *effective_at, when)
        }
        L::PayoutIntent { intent_id, effective_at } => {
            money.pay_out(intent_id.as_str(), *effective_at, when)
        }
    })
}

fn taken(judged: Judged) -> Taken {
    match judged {
        Ok(facts) => Taken::New(facts),
        Err(code) => Taken::Refused(code),
    }
}
