//! How far an intent has come, in the words that lists and answers show.
//!
//! Owns what each event does to the word, and what a checkpoint adds to it. Lists keep it in their
//! rows, an answer folds it from the intent's history: both say the same. Must not know rows or
//! answers.

use serde::{Deserialize, Serialize};
use zentra_api_types::IntentState;
use zentra_events::event::Leg;
use zentra_events::{Event, Header};

/// How far an intent has come, as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The last step, whatever went back since.
    step: Step,
    /// What it settled, in minor units.
    #[serde(with = "digits")]
    settled: u128,
    /// What of that went back.
    #[serde(with = "digits")]
    reversed: u128,
    /// The number in its scope of the entry that brought its run to an end: its settlement, else
    /// its rejection or void.
    ended: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Accepted,
    Controlled,
    Rejected,
    Ledgered,
    Routed,
    Synchronized,
    Voided,
    PaidOut,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { step: Step::Accepted, settled: 0, reversed: 0, ended: None }
    }
}

impl Progress {
    /// Takes the next event of the intent's stream.
    pub fn follow(&mut self, header: &Header, event: &Event) {
        let step = match event {
            Event::IntentControlled(_) => Step::Controlled,
            Event::IntentRejected(_) => Step::Rejected,
            Event::IntentRouted(_) => Step::Routed,
            Event::IntentVoided(_) => Step::Voided,
            Event::PayoutClosed(_) => Step::PaidOut,
            Event::IntentReversed(body) => {
                self.reversed = self.reversed.saturating_add(body.amount.0);
                return;
            }
            Event::LedgerPosted(body) if body.leg == Leg::Reserve => Step::Ledgered,
            Event::LedgerPosted(body) if body.leg == Leg::Settle => {
                self.settled = body.lines.first().map_or(0, |line| line.amount.0);
                Step::Synchronized
            }
            _ => return,
        };
        self.step = step;
        if matches!(step, Step::Rejected | Step::Voided | Step::Synchronized) {
            self.ended = self.ended.or(Some(header.scope_number.0));
        }
    }

    /// Its state, where the scope's last checkpoint has this size; 0 where there is none.
    pub fn state(&self, tree_size: u64) -> IntentState {
        let all_back = self.reversed > 0 && self.reversed == self.settled;
        match self.step {
            Step::Accepted => IntentState::Accepted,
            Step::Controlled => IntentState::Controlled,
            Step::Rejected => IntentState::Rejected,
            Step::Ledgered => IntentState::Ledgered,
            Step::Routed => IntentState::Routed,
            Step::Synchronized if all_back => IntentState::Reversed,
            Step::Synchronized if self.is_under(tree_size) => IntentState::Evidenced,
            Step::Synchronized => IntentState::Synchronized,
            Step::Voided => IntentState::Voided,
            Step::PaidOut => IntentState::PaidOut,
        }
    }

    /// Whether its run has come to an end, and a checkpoint of this size covers that.
    pub fn is_under(&self, tree_size: u64) -> bool {
        self.ended.is_some_and(|ended| ended < tree_size)
    }

    /// What it settled and what of that went back, where there is any.
    pub fn sums(&self) -> [(&'static str, Option<u128>); 2] {
        let some = |amount: u128| Some(amount).filter(|amount| *amount > 0);
        [("settled", some(self.settled)), ("reversed", some(self.reversed))]
    }
}

/// Amounts as text: as numbers, large ones would lose digits on their way.
mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(amount: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}
