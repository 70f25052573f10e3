//! Random numbers: one stream for each concern, all from the seed.
//!
//! A draw in one stream leaves the others as they are, so that a fault that is switched off, or a
//! new one, changes as little as can be of the rest of a run.

/// One stream.
pub(crate) struct Random(oorandom::Rand64);

impl Random {
    /// The stream of a concern.
    pub(crate) fn of(seed: u64, concern: &str) -> Random {
        let mut hasher = blake3::Hasher::new_derive_key("zentra simulation stream v1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(concern.as_bytes());
        let mut first = [0; 16];
        hasher.finalize_xof().fill(&mut first);
        Random(oorandom::Rand64::new(u128::from_le_bytes(first)))
    }

    /// Any number.
    pub(crate) fn any(&mut self) -> u64 {
        self.0.rand_u64()
    }

    /// A number below a bound, which is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.any() % bound.max(1)
    }

    /// A place in a list of that length, which is not empty.
    pub(crate) fn place(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// A number from one to the other, both included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, in_a_thousand: u64) -> bool {
        self.below(1_000) < in_a_thousand
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.place(of.len())]
    }

    /// A number from one to the other, of any magnitude as likely as another.
    pub(crate) fn magnitude(&mut self, least: u64, most: u64) -> u64 {
        let (low, high) = (least.max(1).ilog2(), most.max(1).ilog2());
        let bits = self.between(u64::from(low), u64::from(high));
        (self.any() >> (63 - bits)).clamp(least, most)
    }
}

/// The streams of a run.
pub(crate) struct Streams {
    pub(crate) workload: Random,
    pub(crate) faults: Random,
    pub(crate) schedule: Random,
    pub(crate) disk: Random,
    pub(crate) net: Random,
    pub(crate) receivers: Random,
    pub(crate) clock: Random,
    /// What is beside the log.
    pub(crate) folder: Random,
    pub(crate) follow: Random,
}

impl Streams {
    /// All of them.
    pub(crate) fn of(seed: u64) -> Streams {
        Streams {
            workload: Random::of(seed, "workload"),
            faults: Random::of(seed, "faults"),
            schedule: Random::of(seed, "schedule"),
            disk: Random::of(seed, "disk"),
            net: Random::of(seed, "net"),
            receivers: Random::of(seed, "receivers"),
            clock: Random::of(seed, "clock"),
            folder: Random::of(seed, "folder"),
            follow: Random::of(seed, "follow"),
        }
    }
}
