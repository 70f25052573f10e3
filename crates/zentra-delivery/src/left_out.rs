//! What a replay leaves out, and what is told when that is all of it.
//!
//! Owns which deliveries a replay takes up, and the words for each case with the way out of it.
//! Must not know how deliveries are found.

use crate::command::Refusal;
use crate::delivery::DeliveryStatus;
use zentra_events::Code;

/// How many deliveries a replay leaves out, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// They wait for an attempt.
    pub pending: usize,
    /// They wait until their endpoint is enabled, or for ever as it is deleted.
    pub parked: usize,
    /// They are done, and their endpoint is disabled or deleted.
    pub not_listening: usize,
    /// They are delivered, and were not asked for.
    pub delivered: usize,
    /// They are settled by hand, and were not asked for.
    pub resolved: usize,
}

impl LeftOut {
    /// Whether a delivery is replayed that was asked for; counted when it is not.
    pub fn replays(&mut self, status: DeliveryStatus, listens: bool) -> bool {
        match status {
            DeliveryStatus::Pending => self.pending += 1,
            DeliveryStatus::Parked => self.parked += 1,
            _ if listens => return true,
            _ => self.not_listening += 1,
        }
        false
    }

    /// Why nothing is replayed, and what leads on.
    pub fn refusal(&self) -> Refusal {
        let rows = [
            (self.delivered, "delivered already: add include_delivered: true"),
            (self.resolved, "resolved by hand: name them by a filter with status resolved"),
            (self.pending, "still waiting for an attempt: resend sends one of them now"),
            (self.parked, "parked, as the endpoint is disabled or deleted: enabling sends them"),
            (self.not_listening, "done, and the endpoint is disabled or deleted: enable it first"),
        ];
        let told: Vec<String> = rows
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, why)| format!("{count} {} {why}", if *count == 1 { "is" } else { "are" }))
            .collect();
        let detail = match told.as_slice() {
            [] => "no delivery matches what was asked for".to_owned(),
            told => format!("nothing is left to replay; {}", told.join("; ")),
        };
        Refusal::new(Code::ReplayEmpty, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_told_with_the_way_out() {
        let none = LeftOut::default();
        let rows = [
            (none, "no delivery matches what was asked for"),
            (
                LeftOut { delivered: 3, ..none },
                "nothing is left to replay; 3 are delivered already: add include_delivered: true",
            ),
            (
                LeftOut { pending: 1, ..none },
                "nothing is left to replay; 1 is still waiting for an attempt: resend sends one \
                 of them now",
            ),
            (
                LeftOut { resolved: 2, parked: 1, not_listening: 1, ..none },
                "nothing is left to replay; 2 are resolved by hand: name them by a filter with \
                 status resolved; 1 is parked, as the endpoint is disabled or deleted: enabling \
                 sends them; 1 is done, and the endpoint is disabled or deleted: enable it first",
            ),
        ];
        for (left_out, expected) in rows {
            let refusal = left_out.refusal();
            assert_eq!((refusal.code, refusal.detail.as_str()), (Code::ReplayEmpty, expected));
        }
    }
}
