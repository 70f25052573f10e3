//! The faults that a run may meet, each switched on or off by its seed, or by the command line.

use crate::random::Random;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The process ends between any two steps, or in the middle of one.
    Crash,
    /// When it ends, so does the machine: what was not synced is lost, in whole or in part.
    Power,
    /// Writes and syncs fail.
    Disk,
    /// Syncs take seconds.
    Slow,
    /// Bytes at rest change while no process runs.
    Rot,
    /// Requests and answers are lost, doubled and delayed.
    Net,
    /// The system's clock is set, forward and back.
    Clock,
    /// Requests come faster than they can be decided.
    Overload,
    /// The process is told to stop.
    Stop,
    /// Trees are lost, older than they were, or cut, and their sealer is slow.
    Follow,
    /// The mark is lost, damaged, an older one or of another log.
    Mark,
    /// The same of snapshots.
    Snapshot,
    /// The master key is lost, another one, or there for others to read.
    Key,
    /// Dozens of consumers of one scope never answer.
    Hang,
    /// The disk is full, or nearly so.
    Full,
}

/// Every kind, with its word, in the order of the kinds.
const ALL: [(Fault, &str); 15] = [
    (Fault::Crash, "crash"),
    (Fault::Power, "power"),
    (Fault::Disk, "disk"),
    (Fault::Slow, "slow"),
    (Fault::Rot, "rot"),
    (Fault::Net, "net"),
    (Fault::Clock, "clock"),
    (Fault::Overload, "overload"),
    (Fault::Stop, "stop"),
    (Fault::Follow, "follow"),
    (Fault::Mark, "mark"),
    (Fault::Snapshot, "snapshot"),
    (Fault::Key, "key"),
    (Fault::Hang, "hang"),
    (Fault::Full, "full"),
];

/// How many runs of a thousand have it.
fn odds(fault: Fault) -> u64 {
    if fault == Fault::Hang { 150 } else { 500 }
}

/// Those that a real server can meet.
pub(crate) const REAL: [Fault; 7] = [
    Fault::Crash,
    Fault::Slow,
    Fault::Net,
    Fault::Clock,
    Fault::Overload,
    Fault::Stop,
    Fault::Hang,
];

/// How often each fault happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met([u64; ALL.len()]);

impl Met {
    /// It happened once more.
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// The sum of both.
    pub(crate) fn with(mut self, more: &Met) -> Met {
        self.0.iter_mut().zip(more.0).for_each(|(sum, more)| *sum += more);
        self
    }

    /// One run more had these.
    pub(crate) fn add_all(&mut self, faults: &Faults) {
        faults.0.iter().for_each(|fault| self.add(*fault));
    }

    /// Each word and how often, in the order of the words.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<(&'static str, u64)> {
        ALL.iter().map(|(fault, word)| (*word, self.0[*fault as usize])).collect()
    }

    /// What there was of each.
    pub(crate) fn words(&self) -> String {
        let all: Vec<Fault> = ALL.iter().map(|(fault, _)| *fault).collect();
        self.words_of(&all)
    }

    /// What there was of each of these.
    pub(crate) fn words_of(&self, faults: &[Fault]) -> String {
        let words = ALL.iter().filter(|(fault, _)| faults.contains(fault));
        let words = words.map(|(fault, word)| format!("{word} {}", self.0[*fault as usize]));
        words.collect::<Vec<String>>().join(", ")
    }
}

/// The faults of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Each with even odds, but what takes long to simulate.
    pub(crate) fn drawn(random: &mut Random) -> Faults {
        Faults(
            ALL.iter()
                .map(|(fault, _)| *fault)
                .filter(|fault| random.chance(odds(*fault)))
                .collect(),
        )
    }

    /// None of them.
    pub(crate) fn none() -> Faults {
        Faults(Vec::new())
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> Faults {
        Faults(ALL.iter().map(|(fault, _)| *fault).collect())
    }

    /// Those named in a text: `none`, or words with commas between.
    ///
    /// # Errors
    /// The words that there are.
    pub(crate) fn named(text: &str) -> Result<Faults, String> {
        if text == "none" {
            return Ok(Faults::none());
        }
        let words: Vec<&str> = text.split(',').collect();
        if let Some(unknown) = words.iter().find(|word| ALL.iter().all(|(_, known)| known != *word))
        {
            let all: Vec<&str> = ALL.iter().map(|(_, word)| *word).collect();
            let all = all.join(", ");
            return Err(format!(
                "`{unknown}` is no fault; there are none, or some, with commas between, of {all}"
            ));
        }
        let named = ALL.iter().filter(|(_, word)| words.contains(word));
        Ok(Faults(named.map(|(fault, _)| *fault).collect()))
    }

    /// Those of them that a real server can meet.
    pub(crate) fn real(&self) -> Faults {
        Faults(self.0.iter().filter(|fault| REAL.contains(fault)).copied().collect())
    }

    /// Whether it is among them.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// All but one, for each.
    pub(crate) fn without_one(&self) -> Vec<Faults> {
        let without = |one: &Fault| self.0.iter().filter(|other| *other != one).copied().collect();
        self.0.iter().map(without).map(Faults).collect()
    }

    /// The text that [`Faults::named`] takes.
    pub(crate) fn text(&self) -> String {
        let words: Vec<&str> =
            ALL.iter().filter(|(fault, _)| self.has(*fault)).map(|(_, word)| *word).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(",") }
    }
}
