//! What follows the log, one step at a time, and what becomes of its files between processes.

use super::state::{Event, Settings, World};
use crate::failure::{Checked, fail};
use crate::faults::{Fault, Faults};
use crate::follow::{Files, Next, Sealer};
use crate::node::{Answer, Asked, Input};
use crate::oracle::request_id;
use std::sync::Arc;
use zentra_engine::Sealed;
use zentra_events::ScopeNo;
use zentra_runtime::{Answer as Told, Mark, Opened, SubmitError};
use zentra_sealer::SealerError;

/// A rest that ends when the log grows.
const UNTIL_IT_GROWS: u64 = 3_600_000_000_000;
/// How long a sealer that had no space waits for it.
const UNTIL_THERE_IS_SPACE: u64 = 1_000_000_000;
const PARTS: [&str; 2] = ["evidence", "views"];

/// What a process that starts knows of its log.
pub(super) struct Known {
    sealed: Vec<(ScopeNo, Sealed)>,
}

impl World {
    /// What followers are told of a log that was opened.
    pub(super) fn known(&mut self, opened: &Opened) -> Checked<Known> {
        self.followers.keyring = Some(Arc::clone(&opened.keyring));
        if self.followers.files.is_some() {
            let reader = opened.store.reader();
            self.oracle.evidence.follow(reader.as_ref(), &opened.keyring)?;
        }
        Ok(Known { sealed: opened.engine.all_sealed() })
    }

    /// The followers of a new process open what they have.
    pub(super) fn followers_start(&mut self, known: &Known) -> Checked {
        let Some(folder) = self.followers.folder(&self.disk) else { return Ok(()) };
        let (Some(node), Some(keyring)) = (&self.node, &self.followers.keyring) else {
            return Ok(());
        };
        let options = self.followers.options;
        let open = || {
            let known = (&known.sealed[..], options);
            Sealer::open((&self.env, &folder), node.handle(), keyring, known)
        };
        let opened = match open() {
            Err(error @ SealerError::Ahead { .. }) if self.followers.strange => {
                self.trace.say(self.agenda.now(), format_args!("the operator is told: {error}"));
                let lost =
                    self.followers.files.as_ref().map_or(Ok(()), |files| files.lose("evidence"));
                lost.or_else(|error| fail(error.to_string()))?;
                open()
            }
            opened => opened,
        };
        self.followers.strange = false;
        let sealer = match opened {
            Ok(sealer) => sealer,
            // What nobody was told of is lost, and the trees know of it.
            Err(error @ SealerError::Ahead { .. }) if self.damage.is_some() => {
                self.say(format_args!("the operator is told: {error}"));
                self.node = None;
                self.process += 1;
                return self.puts_it_right();
            }
            Err(error) if self.disk.fails() => return self.breaks(&error.to_string()),
            Err(error) => return fail(format!("no evidence: {error}")),
        };
        self.is_marked()?;
        self.say(format_args!("the trees reach {}", sealer.reached().get()));
        self.followers.sealer = Some(sealer);
        self.wants_to_follow();
        self.lists_start()
    }

    /// More is durable.
    pub(super) fn log_has_grown(&mut self) -> Checked {
        let (Some(node), Some(keyring)) = (&self.node, &self.followers.keyring) else {
            return Ok(());
        };
        if self.followers.files.is_some() {
            self.oracle.evidence.follow(node.reader(), keyring)?;
        }
        self.wants_to_follow();
        self.takes_in()?;
        self.wants_lists();
        self.reads_lists()
    }

    /// There is something to do, or more.
    pub(super) fn wants_to_follow(&mut self) {
        let waits = self.followers.sealer.as_ref().is_none_or(Sealer::waits);
        if !waits && !self.followers.seals {
            let slow = self.may(Fault::Follow) && self.streams.follow.chance(20);
            let most = if slow { 60_000_000_000 } else { 20_000_000 };
            let wait = self.streams.follow.magnitude(10_000, most);
            self.seals_in(wait);
        }
    }

    /// The evidence marks how far the log is, too.
    fn is_marked(&mut self) -> Checked {
        // What a failing disk shows may be gone with the machine's power.
        if self.disk.fails() {
            return Ok(());
        }
        let mark = Mark::read(&self.disk.data_folder(), self.followers.keyring.as_deref());
        let mark = mark.or_else(|error| fail(format!("the mark is not read: {error}")))?;
        let marked = mark.map_or(self.beside.marked, |mark| mark.next);
        self.beside.marked = self.beside.marked.max(marked);
        Ok(())
    }

    fn seals_in(&mut self, wait: u64) {
        self.followers.seals = true;
        let process = self.process;
        self.later(wait, Event::Seals { process });
    }

    /// A step of the sealer.
    pub(super) fn steps_the_sealer(&mut self) -> Checked {
        self.followers.seals = false;
        if self.followers.sealer.is_none() && self.node.is_some() {
            return self.opens_the_evidence_again();
        }
        let Some(sealer) = self.followers.sealer.as_mut().filter(|sealer| !sealer.waits()) else {
            return Ok(());
        };
        let next = match sealer.step() {
            Ok(next) => next,
            Err(error) if self.disk.lacked_space() => {
                self.sealing_has_no_space(&error);
                return Ok(());
            }
            Err(error) if self.disk.fails() => return self.breaks(&error.to_string()),
            Err(error) => return fail(format!("sealing stops: {error}")),
        };
        self.is_marked()?;
        if self.may(Fault::Crash) && self.streams.follow.chance(20) {
            let process = self.process;
            self.later(0, Event::Crashes { process });
        }
        match next {
            Next::Again => self.wants_to_follow(),
            Next::Rests(wait) => {
                let wait = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
                if wait < UNTIL_IT_GROWS {
                    self.seals_in(wait.max(1));
                }
            }
            Next::Asks(request) => self.asks_to_seal(Input::Command(request)),
        }
        Ok(())
    }

    /// It ends, and is opened again when there may be space.
    fn sealing_has_no_space(&mut self, error: &SealerError) {
        self.say(format_args!("sealing waits for space: {error}"));
        self.followers.sealer = None;
        self.seals_in(UNTIL_THERE_IS_SPACE);
    }

    /// The evidence is opened by a process that lives on, with what is sealed now.
    fn opens_the_evidence_again(&mut self) -> Checked {
        let sealed = self.rebuilt()?.engine.all_sealed();
        let folder = self.followers.folder(&self.disk);
        let (Some(folder), Some(node), Some(keyring)) =
            (folder, &self.node, &self.followers.keyring)
        else {
            return Ok(());
        };
        let known = (&sealed[..], self.followers.options);
        match Sealer::open((&self.env, &folder), node.handle(), keyring, known) {
            Ok(sealer) => {
                self.is_marked()?;
                self.followers.sealer = Some(sealer);
                self.wants_to_follow();
                Ok(())
            }
            Err(error) if self.disk.lacked_space() => {
                self.sealing_has_no_space(&error);
                Ok(())
            }
            Err(error) if self.disk.fails() => self.breaks(&error.to_string()),
            Err(error) => fail(format!("no evidence: {error}")),
        }
    }

    fn asks_to_seal(&mut self, mut input: Input) {
        self.sendings += 1;
        let sending = self.sendings;
        input.set_request_id(request_id(sending));
        self.say(format_args!("{sending} seals"));
        self.oracle.sends(sending, input.clone());
        if let Some(sealer) = &mut self.followers.sealer {
            sealer.asks(sending);
        }
        let taken = self.node.as_mut().is_some_and(|node| node.take(Asked { sending, input }));
        if taken {
            self.wants_to_decide();
        } else {
            self.no_room_to_seal(sending);
        }
    }

    /// A seal found no room. Whether it was one.
    pub(super) fn no_room_to_seal(&mut self, sending: u64) -> bool {
        let no_room = SubmitError::Overloaded { retry_after_seconds: 1 };
        self.seal_is_answered(sending, Err(no_room))
    }

    /// A seal was decided. Whether it was one.
    pub(super) fn sealed(&mut self, sending: u64, answer: &Answer) -> bool {
        let told = match answer {
            Answer::Entry(entry) => Told::Entry(Arc::new(entry.as_ref().clone())),
            Answer::Repeat(position) => Told::Repeat(*position),
            Answer::Refused(refusal) => Told::Refused(refusal.clone()),
            Answer::Items(..) | Answer::Slices(_) => return false,
        };
        self.seal_is_answered(sending, Ok(told))
    }

    fn seal_is_answered(&mut self, sending: u64, told: Result<Told, SubmitError>) -> bool {
        let sealer = self.followers.sealer.as_mut();
        let Some(sealer) = sealer.filter(|sealer| sealer.waits_for(sending)) else { return false };
        sealer.answered(told);
        self.wants_to_follow();
        true
    }

    /// What followers of a small log leave that is not this one.
    fn another_log(&mut self) -> Checked<Files> {
        let seed = self.streams.follow.any();
        let ticks = self.streams.follow.magnitude(8, 256);
        let settings = Settings { seed, ticks, faults: Faults::none(), prints: false };
        let mut other = World::new(settings);
        other.followers.all();
        other.run()?;
        other.followers.files.take().map_or_else(|| fail("it left nothing"), Ok)
    }

    /// A process is gone: files of followers may be lost, older than they were, or cut.
    pub(super) fn files_rest(&mut self) -> Checked {
        self.followers.end();
        let faulty = self.may(Fault::Follow);
        if faulty && self.followers.files.is_some() && self.followers.other.is_none() {
            self.followers.other = Some(self.another_log()?);
        }
        let (Some(files), random) = (&self.followers.files, &mut self.streams.follow) else {
            return Ok(());
        };
        if !faulty {
            return Ok(());
        }
        for part in PARTS {
            let done = match random.below(8) {
                0 => files.lose(part).map(|()| Some("lost")),
                1 => files.keep(part).map(|()| None),
                2 => files.put_back(part).map(|put| put.then_some("older than it was")),
                3 => files.cut(part, random).map(|cut| cut.then_some("cut")),
                4 => match &self.followers.other {
                    Some(other) => {
                        self.followers.strange |= part == "evidence";
                        files.put_from(other, part).map(|put| put.then_some("another log's"))
                    }
                    None => Ok(None),
                },
                _ => Ok(None),
            };
            let done = done.or_else(|error| fail(format!("{part}: {error}")))?;
            if let Some(done) = done {
                self.counts.met.add(Fault::Follow);
                self.trace.say(self.agenda.now(), format_args!("{part} is {done}"));
            }
        }
        Ok(())
    }
}
