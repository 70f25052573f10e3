//! Deliveries: one published event to one endpoint each.
//!
//! Owns the table of deliveries, kept for good so that any can be replayed: 48 bytes each, in the
//! order of their ids. Whether a waiting delivery is pending or parked is its endpoint's status,
//! so that disabling an endpoint costs the same for one delivery and for a million. Must not know
//! why states change.

use bincode::{Decode, Encode};
use std::cmp::Ordering;
use zentra_events::{DeliveryId, EndpointId, EventId, Position, ReplayId, ScopeNo, Timestamp};
use zentra_table::{Dense, Sparse};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// An attempt is due, will be, or is under way.
    Pending,
    /// It waits because its endpoint is disabled or deleted.
    Parked,
    /// The consumer has it.
    Delivered,
    /// Its attempts are used up.
    DeadLettered,
    /// An operator settled it without delivering it.
    Resolved,
}

impl DeliveryStatus {
    /// Every word of a status.
    pub const WORDS: [&str; 5] = ["pending", "parked", "delivered", "dead_lettered", "resolved"];

    /// The status's word.
    pub fn as_str(self) -> &'static str {
        DeliveryStatus::WORDS[self as usize]
    }

    /// The status that a word stands for.
    pub fn of(word: &str) -> Option<DeliveryStatus> {
        use DeliveryStatus as S;
        let all = [S::Pending, S::Parked, S::Delivered, S::DeadLettered, S::Resolved];
        all.into_iter().find(|status| status.as_str() == word)
    }
}

/// A delivery as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryView {
    /// Its id.
    pub delivery: DeliveryId,
    /// Its scope.
    pub scope: ScopeNo,
    /// Where it goes.
    pub endpoint: EndpointId,
    /// What it carries.
    pub event: EventId,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts that were recorded.
    pub attempts: u32,
    /// The last replay that took it up.
    pub replay: Option<ReplayId>,
    /// When the next attempt is due; only while pending.
    pub next_attempt_at: Option<Timestamp>,
    /// The entry that queued it.
    pub queued: Position,
    /// The head of its stream.
    pub last: Position,
}

/// What is stored of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum State {
    Waiting,
    Delivered,
    Dead,
    /// After its attempts were used up.
    Resolved,
    /// Resolved while it waited: an attempt may have been under way.
    GivenUp,
}

/// A delivery as it is kept. Ids are split so that nothing is padded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Record {
    pub(crate) position: Position,
    pub(crate) event_position: Position,
    pub(crate) last: Position,
    /// When an attempt is due, while waiting and unless the endpoint was enabled since `last`.
    pub(crate) due: Timestamp,
    pub(crate) endpoint: u32,
    pub(crate) attempts: u32,
    pub(crate) index: u16,
    pub(crate) event_index: u16,
    pub(crate) state: State,
}

const _: () = assert!(size_of::<Record>() == 48);

impl Record {
    pub(crate) fn id(&self, partition: u16) -> DeliveryId {
        DeliveryId::at(partition, self.position, self.index)
    }

    pub(crate) fn event(&self, partition: u16) -> EventId {
        EventId::at(partition, self.event_position, self.event_index)
    }
}

/// The replay that a delivery is in or was last in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Replayed {
    pub(crate) replay: ReplayId,
    /// Attempts before it: the schedule counts from here.
    pub(crate) attempts_before: u32,
}

/// A delivery's number in the table.
pub(crate) type DeliveryNo = u64;

/// Every delivery in the order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    all: Dense<Record, CHUNK_BITS>,
    /// Few deliveries are ever replayed, so this is not part of every record.
    replayed: Sparse<Replayed>,
}

/// Records in a chunk: 2^14, i.e. 768 KiB.
const CHUNK_BITS: u32 = 14;

impl Records {
    pub(crate) fn read_view(&mut self) -> Records {
        Records { all: self.all.read_view(), replayed: self.replayed.clone() }
    }

    pub(crate) fn all(&self) -> &Dense<Record, CHUNK_BITS> {
        &self.all
    }

    pub(crate) fn replayed(&self) -> &Sparse<Replayed> {
        &self.replayed
    }

    pub(crate) fn get(&self, no: DeliveryNo) -> Option<&Record> {
        self.all.get(usize::try_from(no).ok()?)
    }

    pub(crate) fn get_mut(&mut self, no: DeliveryNo) -> Option<&mut Record> {
        self.all.get_mut(usize::try_from(no).ok()?)
    }

    /// The number of the delivery that was queued at this place of the log.
    pub(crate) fn find(&self, position: Position, index: u16) -> Option<DeliveryNo> {
        let (key, place) = ((position, index), |record: &Record| (record.position, record.index));
        let (mut low, mut high) = (0, self.all.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.all.get(middle).map(|record| place(record).cmp(&key)) {
                Some(Ordering::Less) => low = middle + 1,
                Some(Ordering::Equal) => return Some(middle as DeliveryNo),
                Some(Ordering::Greater) | None => high = middle,
            }
        }
        None
    }

    /// Appends a delivery; false when it does not come after the last one.
    pub(crate) fn push(&mut self, record: Record) -> bool {
        let key = (record.position, record.index);
        let follows = self.last().is_none_or(|last| (last.position, last.index) < key);
        if follows {
            self.all.push(record);
        }
        follows
    }

    fn last(&self) -> Option<&Record> {
        self.all.get(self.all.len().checked_sub(1)?)
    }

    pub(crate) fn replay_of(&self, no: DeliveryNo) -> Option<Replayed> {
        self.replayed.get(no).copied()
    }

    pub(crate) fn set_replay(&mut self, no: DeliveryNo, replayed: Replayed) {
        self.replayed.insert(no, replayed);
    }
}
