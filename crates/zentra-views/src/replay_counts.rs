//! How many deliveries of a replay are where, as it is stored and shown.
//!
//! Owns its bytes and words. Must not know what moves a delivery.

use crate::row::WAITING;
use serde_json::{Map, Value, json};
use zentra_delivery::DeliveryStatus;

const COUNT_BYTES: usize = 16;

/// How many deliveries of a replay are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) waiting: u32,
    delivered: u32,
    dead_lettered: u32,
    resolved: u32,
}

impl Counts {
    pub(crate) fn of(&mut self, status: &str) -> Option<&mut u32> {
        let all = [
            (WAITING, &mut self.waiting),
            (DeliveryStatus::Delivered.as_str(), &mut self.delivered),
            (DeliveryStatus::DeadLettered.as_str(), &mut self.dead_lettered),
            (DeliveryStatus::Resolved.as_str(), &mut self.resolved),
        ];
        all.into_iter().find(|(word, _)| *word == status).map(|(_, count)| count)
    }

    /// As it is told: `finished` once nothing waits, pending or parked.
    pub(crate) fn show(self, shown: &mut Map<String, Value>) {
        let status = if self.waiting > 0 { "replaying" } else { "finished" };
        let words = [
            (WAITING, self.waiting),
            (DeliveryStatus::Delivered.as_str(), self.delivered),
            (DeliveryStatus::DeadLettered.as_str(), self.dead_lettered),
            (DeliveryStatus::Resolved.as_str(), self.resolved),
        ];
        let told = words.into_iter().filter(|(_, count)| *count > 0);
        let result: Map<String, Value> =
            told.map(|(word, count)| (word.to_owned(), json!(count))).collect();
        shown.insert("status".into(), status.into());
        shown.insert("result".into(), result.into());
    }

    pub(crate) fn is_nothing(self) -> bool {
        self == Counts::default()
    }

    pub(crate) fn encode(self) -> [u8; COUNT_BYTES] {
        let mut bytes = [0; COUNT_BYTES];
        let all = [self.waiting, self.delivered, self.dead_lettered, self.resolved];
        for (bytes, count) in bytes.chunks_exact_mut(4).zip(all) {
            bytes.copy_from_slice(&count.to_be_bytes());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Counts {
        let count = |at: usize| {
            let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_be_bytes)
        };
        Counts {
            waiting: count(0),
            delivered: count(4),
            dead_lettered: count(8),
            resolved: count(12),
        }
    }
}
