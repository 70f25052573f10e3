//! Callers: they send, wait, and send again what had no answer.

use super::state::{Event, Waiting, World};
use crate::failure::{Checked, must};
use crate::faults::Fault;
use crate::node::{Asked, Input};
use crate::oracle::{Answered, request_id};
use crate::words;
use zentra_engine::{Command, Request};
use zentra_events::Timestamp;
use zentra_ledger::LedgerCommand;

/// How long a caller waits for an answer.
const PATIENCE: u64 = 10_000_000_000;
/// How often a request is sent again.
const REPEATS_MAX: u32 = 3;

impl World {
    /// A caller has a wish, and will have another.
    pub(super) fn wish(&mut self) -> Checked {
        self.wishes += 1;
        let now = Timestamp(self.system());
        let input = self.workload.next(&mut self.streams.workload, &self.oracle, now);
        self.send(input, 0);
        if self.wishes < self.settings.ticks {
            let most = if self.may(Fault::Overload) { 500_000 } else { 20_000_000 };
            let pause = self.streams.workload.chance(20);
            let most = if pause { 600_000_000_000 } else { most };
            let wait = self.streams.workload.magnitude(1_000, most);
            self.later(wait, Event::Wish);
        } else {
            self.calms_down();
        }
        Ok(())
    }

    fn send(&mut self, mut input: Input, repeats: u32) {
        self.sendings += 1;
        let sending = self.sendings;
        input.set_request_id(request_id(sending));
        let asked = words::input(&self.oracle.reading, &input);
        self.say(format_args!("{sending} asks {asked}"));
        self.oracle.sends(sending, input.clone());
        self.goes_out(sending, &input);
        self.waiting.insert(sending, Waiting { input, repeats });
        self.later(PATIENCE, Event::Waited { sending });
    }

    fn goes_out(&mut self, sending: u64, input: &Input) {
        let net = &mut self.streams.net;
        let mut wait = net.magnitude(10_000, 1_000_000);
        let faulty = !self.calm && self.settings.faults.has(Fault::Net);
        if faulty && net.chance(30) {
            self.meets(Fault::Net);
            self.say(format_args!("{sending} is lost on its way"));
            return;
        }
        if faulty && net.chance(50) {
            wait = net.magnitude(1_000_000, 20_000_000_000);
            self.meets(Fault::Net);
        }
        let (process, asked) = (self.process, Asked { sending, input: input.clone() });
        self.later(wait, Event::Arrives { process, asked });
        if faulty && self.streams.net.chance(20) {
            self.doubles(sending, input.clone());
        }
    }

    /// The network brings a request twice. The second one is another one for who decides, and
    /// nobody waits for its answer.
    fn doubles(&mut self, sending: u64, mut input: Input) {
        self.meets(Fault::Net);
        self.sendings += 1;
        let second = self.sendings;
        self.say(format_args!("{sending} is doubled by the network: {second} is the same"));
        input.set_request_id(request_id(second));
        self.oracle.sends(second, input.clone());
        let wait = self.streams.net.magnitude(10_000, 20_000_000_000);
        let (process, asked) = (self.process, Asked { sending: second, input });
        self.later(wait, Event::Arrives { process, asked });
    }

    /// A request reaches the process that it was sent to, if that is still there.
    pub(super) fn arrives(&mut self, process: u64, mut asked: Asked) -> Checked {
        let sending = asked.sending;
        if process == self.process && !self.seals(&mut asked) {
            self.say(format_args!("{sending} is of a scope that is not there"));
            return Ok(());
        }
        let taken = match &mut self.node {
            Some(node) if process == self.process => node.take(asked),
            _ => {
                self.say(format_args!("{sending} finds nobody"));
                return Ok(());
            }
        };
        if taken {
            self.oracle.arrives(sending, self.agenda.now());
            self.wants_to_decide();
        } else {
            if self.may(Fault::Overload) {
                self.meets(Fault::Overload);
            }
            self.say(format_args!("{sending} finds no room"));
        }
        Ok(())
    }

    /// What was decided goes back to who asked.
    pub(super) fn answers(&mut self, sending: u64, answered: Answered) {
        let net = &mut self.streams.net;
        let faulty = !self.calm && self.settings.faults.has(Fault::Net);
        if faulty && net.chance(30) {
            self.counts.lost_answers += 1;
            self.meets(Fault::Net);
            self.say(format_args!("the answer to {sending} is lost"));
            return;
        }
        let most = if faulty { 15_000_000_000 } else { 1_000_000 };
        let wait = net.magnitude(10_000, most);
        if faulty && net.chance(20) {
            let again = net.magnitude(10_000, most);
            self.meets(Fault::Net);
            self.later(again, Event::Learns { sending, answered: answered.clone() });
        }
        self.later(wait, Event::Learns { sending, answered });
    }

    /// A caller has an answer: it is what the log says, also after whatever came between.
    pub(super) fn learns(&mut self, sending: u64, answered: &Answered) -> Checked {
        self.waiting.remove(&sending);
        must(self.oracle.done(sending) == Some(answered), || {
            let known = self.oracle.done(sending).map(words::answered);
            let (told, known) = (words::answered(answered), known.unwrap_or_default());
            format!("{sending} was told: {told}\n  must have been: {known}")
        })
    }

    /// A caller has waited for long enough: what can be repeated safely is sent again.
    pub(super) fn waited(&mut self, sending: u64) -> Checked {
        let Some(Waiting { input, repeats }) = self.waiting.remove(&sending) else { return Ok(()) };
        let safe = match &input {
            Input::Command(request) => is_safe_to_repeat(request),
            Input::Intents(_) => true,
        };
        if safe && repeats < REPEATS_MAX {
            self.say(format_args!("{sending} had no answer and is sent again"));
            self.send(input, repeats + 1);
        }
        Ok(())
    }
}

/// Whether a second one comes to nothing new.
fn is_safe_to_repeat(request: &Request) -> bool {
    let by_id = matches!(
        &request.command,
        Command::Ledger(LedgerCommand::AcceptIntent { .. } | LedgerCommand::ConfirmIntent { .. })
            | Command::Access(_)
    );
    by_id || request.idempotency.is_some()
}
