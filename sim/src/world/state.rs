//! What the world is made of, and the loop that runs it.

use super::answers::Hint;
use super::beside::Beside;
use super::flight::Flight;
use super::receivers::Receivers;
use crate::agenda::Agenda;
use crate::disk::{Damage, Disk};
use crate::failure::{Checked, Failure};
use crate::faults::{Fault, Faults, Met};
use crate::follow::Followers;
use crate::node::{Asked, Input, Node};
use crate::oracle::{Answered, Oracle};
use crate::random::Streams;
use crate::trace::Trace;
use crate::workload::Workload;
use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::time::{Duration, UNIX_EPOCH};
use zentra_env::{Env, ManualClock};
use zentra_events::event::AttemptResult;
use zentra_events::{DeliveryId, Position};

/// When a run begins by the system's clock: in 2026.
const BEGINS: u64 = 1_780_000_000_000_000_000;

/// What a run is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    /// How many wishes callers have.
    pub(crate) ticks: u64,
    pub(crate) faults: Faults,
    /// Whether each step is printed.
    pub(crate) prints: bool,
}

/// How much happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) steps: u64,
    pub(crate) starts: u64,
    pub(crate) entries: u64,
    pub(crate) answers: u64,
    pub(crate) torn: u64,
    /// Snapshots that were written, and starts from one.
    pub(crate) snapshots: u64,
    pub(crate) from_snapshots: u64,
    pub(crate) lost_answers: u64,
    pub(crate) attempts: u64,
    pub(crate) met: Met,
}

impl Counts {
    /// The sum of both.
    pub(crate) fn with(self, more: &Counts) -> Counts {
        Counts {
            steps: self.steps + more.steps,
            starts: self.starts + more.starts,
            entries: self.entries + more.entries,
            answers: self.answers + more.answers,
            torn: self.torn + more.torn,
            snapshots: self.snapshots + more.snapshots,
            from_snapshots: self.from_snapshots + more.from_snapshots,
            lost_answers: self.lost_answers + more.lost_answers,
            attempts: self.attempts + more.attempts,
            met: self.met.with(&more.met),
        }
    }

    /// What there was of each.
    pub(crate) fn words(&self) -> String {
        let Counts { steps, starts, entries, answers, torn, lost_answers, attempts, .. } = self;
        let (snapshots, from) = (self.snapshots, self.from_snapshots);
        let met = self.met.words();
        format!(
            "{steps} steps, {answers} answers ({lost_answers} lost), {entries} entries, \
             {attempts} attempts, {starts} starts ({torn} after torn writes, {from} from one of \
             {snapshots} snapshots); met: {met}"
        )
    }
}

/// What happens next.
pub(super) enum Event {
    /// A caller has a wish.
    Wish,
    /// A request reaches a process.
    Arrives { process: u64, asked: Asked },
    /// The kernel decides.
    Decides { process: u64 },
    /// The log writer makes its next step.
    Writes { process: u64 },
    /// A caller learns the outcome.
    Learns { sending: u64, answered: Answered },
    /// A caller has waited for long enough.
    Waited { sending: u64 },
    /// Deliveries are due.
    Sends { process: u64 },
    /// An attempt ends.
    Ends {
        process: u64,
        delivery: DeliveryId,
        attempt: u64,
        result: AttemptResult,
        retry_after: Option<Hint>,
    },
    /// An outcome that found no room is reported again.
    Reports { process: u64, sending: u64, input: Input },
    /// A snapshot is written.
    Snapshots { process: u64 },
    /// A process looks at the space of its disk.
    Looks { process: u64 },
    /// The disk has space again.
    SpaceIsMade,
    /// A process ends.
    Crashes { process: u64 },
    /// A process starts.
    Starts,
    /// The system's clock is set.
    ClockIsSet,
    /// The sealer makes a step.
    Seals { process: u64 },
    /// The lists make a step.
    Follows { process: u64 },
}

/// A request that a caller waits for.
pub(super) struct Waiting {
    pub(super) input: Input,
    /// How often it was sent before.
    pub(super) repeats: u32,
}

/// The world.
pub(crate) struct World {
    pub(super) settings: Settings,
    pub(super) streams: Streams,
    pub(super) agenda: Agenda<Event>,
    pub(super) trace: Trace,
    pub(super) disk: Disk,
    /// Why operations of the disk will fail, when they will.
    pub(super) stopped_by: Fault,
    /// What was done to bytes at rest, and the disk as it was before.
    pub(super) damage: Option<Damage>,
    pub(super) whole: Option<Disk>,
    /// What the data folder has beside the log.
    pub(super) beside: Beside,
    pub(super) node: Option<Node>,
    /// The number of the process: what was meant for an earlier one is lost.
    pub(super) process: u64,
    pub(super) decides: bool,
    pub(super) writes: bool,
    /// The kernel waits for the writer.
    pub(super) is_full: bool,
    /// Where the newest group of durable entries begins.
    pub(super) last_group: Position,
    pub(super) env: Env,
    pub(super) manual: ManualClock,
    pub(super) oracle: Oracle,
    pub(super) workload: Workload,
    pub(super) wishes: u64,
    pub(super) sendings: u64,
    pub(super) waiting: BTreeMap<u64, Waiting>,
    pub(super) receivers: Receivers,
    pub(super) flights: BTreeMap<DeliveryId, Flight>,
    pub(super) attempts: u64,
    /// Which delivery a sending reports of.
    pub(super) reported: BTreeMap<u64, DeliveryId>,
    /// Until when each old version of a secret signs, by the world's time.
    pub(super) overlaps: BTreeMap<(usize, u32), u64>,
    /// When each delivery is due, by the world's time.
    pub(super) promised: BTreeMap<usize, u64>,
    /// Since when an endpoint that answers waits for a place.
    pub(super) starving: BTreeMap<usize, u64>,
    /// When deliveries are looked at next.
    pub(super) sends_at: Option<u64>,
    pub(super) followers: Followers,
    /// What the system's clock shows at the start of the run.
    pub(super) clock: u64,
    /// The faults are over, and since when.
    pub(super) calm: bool,
    pub(super) calm_since: u64,
    pub(super) counts: Counts,
}

impl World {
    /// A world in which nothing happened yet.
    pub(crate) fn new(settings: Settings) -> World {
        let mut streams = Streams::of(settings.seed);
        let mut agenda = Agenda::new();
        let manual = ManualClock::at(UNIX_EPOCH + Duration::from_nanos(BEGINS));
        agenda.put(&mut streams.schedule, 0, Event::Starts);
        agenda.put(&mut streams.schedule, 1_000_000, Event::Wish);
        if settings.faults.has(Fault::Clock) {
            let wait = streams.clock.magnitude(1_000_000, 60_000_000_000);
            agenda.put(&mut streams.schedule, wait, Event::ClockIsSet);
        }
        let followers = Followers::of(&mut streams.follow);
        World {
            trace: Trace::new(settings.prints),
            streams,
            agenda,
            disk: Disk::default(),
            stopped_by: Fault::Crash,
            damage: None,
            whole: None,
            beside: Beside::new(),
            node: None,
            process: 0,
            decides: false,
            writes: false,
            is_full: false,
            last_group: Position::ZERO,
            env: manual.env(),
            manual,
            oracle: Oracle::new(),
            workload: Workload::new(settings.faults.has(Fault::Hang)),
            wishes: 0,
            sendings: 0,
            waiting: BTreeMap::new(),
            receivers: Receivers::default(),
            flights: BTreeMap::new(),
            attempts: 0,
            reported: BTreeMap::new(),
            overlaps: BTreeMap::new(),
            promised: BTreeMap::new(),
            starving: BTreeMap::new(),
            sends_at: None,
            followers,
            clock: BEGINS,
            calm: false,
            calm_since: 0,
            counts: Counts::default(),
            settings,
        }
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) -> Checked {
        loop {
            let before = self.agenda.now();
            let Some(event) = self.agenda.next() else { break };
            self.manual.advance(Duration::from_nanos(self.agenda.now() - before));
            self.counts.steps += 1;
            self.step(event).map_err(|failure| self.told(failure))?;
        }
        self.at_the_end().map_err(|failure| self.told(failure))
    }

    fn step(&mut self, event: Event) -> Checked {
        match event {
            Event::Wish => self.wish(),
            Event::Arrives { process, asked } => self.arrives(process, asked),
            Event::Decides { process } if process == self.process => self.decides(),
            Event::Writes { process } if process == self.process => self.writes(),
            Event::Crashes { process } if process == self.process => self.crashes(),
            Event::Snapshots { process } if process == self.process => self.snapshots(),
            Event::Looks { process } if process == self.process => {
                self.looks();
                Ok(())
            }
            Event::SpaceIsMade => {
                self.makes_space();
                Ok(())
            }
            Event::Learns { sending, answered } => self.learns(sending, &answered),
            Event::Waited { sending } => self.waited(sending),
            Event::Starts => self.starts(),
            Event::ClockIsSet => self.sets_the_clock(),
            Event::Sends { process } if process == self.process => self.sends(),
            Event::Seals { process } if process == self.process => self.steps_the_sealer(),
            Event::Follows { process } if process == self.process => self.steps_the_lists(),
            Event::Ends { process, delivery, attempt, result, retry_after }
                if process == self.process =>
            {
                self.ends_one((delivery, attempt), result, retry_after.as_ref())
            }
            Event::Reports { process, sending, input } if process == self.process => {
                self.tries_to_report(sending, input);
                Ok(())
            }
            // What a process that is gone would have done.
            Event::Decides { .. }
            | Event::Writes { .. }
            | Event::Sends { .. }
            | Event::Seals { .. }
            | Event::Follows { .. }
            | Event::Ends { .. }
            | Event::Reports { .. }
            | Event::Snapshots { .. }
            | Event::Looks { .. }
            | Event::Crashes { .. } => Ok(()),
        }
    }

    fn told(&mut self, failure: Failure) -> Failure {
        self.say(format_args!("WRONG: {}", failure.0));
        failure
    }

    /// A fault happens.
    pub(super) fn meets(&mut self, fault: Fault) {
        self.counts.met.add(fault);
    }

    /// Puts a step into words.
    pub(super) fn say(&mut self, what: Arguments<'_>) {
        self.trace.say(self.agenda.now(), what);
    }

    /// Something will happen.
    pub(super) fn later(&mut self, wait: u64, event: Event) {
        self.agenda.put(&mut self.streams.schedule, wait, event);
    }

    /// Whether a fault may happen now.
    pub(super) fn may(&self, fault: Fault) -> bool {
        !self.calm && self.settings.faults.has(fault)
    }

    /// What the system's clock shows.
    pub(super) fn system(&self) -> u64 {
        self.clock.saturating_add(self.agenda.now())
    }

    /// What is shown after a failure.
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How much happened.
    pub(crate) fn counts(&self) -> Counts {
        let (entries, answers) = (self.oracle.next().get(), self.oracle.answers());
        Counts { entries, answers, attempts: self.attempts, ..self.counts }
    }
}
