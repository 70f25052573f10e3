//! Answers to commands: functions of the entry that answered, so that the first answer and every
//! repeated one are the same, also after a crash.

mod access;
mod answer;
mod delivery;
mod evidence;
mod intent;
mod intent_history;
mod ledger;
mod rendering;
mod template;
mod trail;
mod webhook;

pub(crate) use access::{shown_key, shown_scope};
pub(crate) use answer::respond;
pub(crate) use delivery::{replay_of, shown_asked, shown_delivery};
pub(crate) use evidence::{LedgerName, Proved, evidence_row, ledger_entry};
pub(crate) use intent::{Sealing, shown_intent};
pub(crate) use intent_history::{IntentHistory, PathStep};
pub(crate) use ledger::{line, shown_account};
pub(crate) use rendering::{Hints, Rendered, Rendering};
pub(crate) use template::Templates;
pub(crate) use trail::{Carried, trail};
pub(crate) use webhook::{shown_endpoint, shown_status};
