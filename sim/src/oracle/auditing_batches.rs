//! The auditor of batches: each item's outcome, and that groups are whole whatever happens.

use super::auditor::{Answered, Oracle};
use super::batches::{Item, group_end, group_fails, items};
use super::intents::{Stage, Taken, When};
use crate::failure::{Checked, fail, must};
use crate::words;
use zentra_engine::{IntentBatch, ItemOutcome, Past};
use zentra_events::{Entry, Position, Timestamp};

impl Oracle {
    /// A batch was decided and is durable: its outcomes, and the entries that it made.
    pub(super) fn batch(
        &mut self,
        (sending, batch): (u64, &IntentBatch),
        now: Timestamp,
        outcomes: &[ItemOutcome],
        entries: &[Entry],
    ) -> Checked<Answered> {
        let items = items(batch);
        must(items.len() == outcomes.len(), || "an item of a batch has no outcome".to_owned())?;
        if self.model.scope(batch.scope.0).is_none() {
            // No caller has a key of a scope that there is not: why is left open.
            let all = outcomes.iter().all(|outcome| matches!(outcome, ItemOutcome::Refused(_)));
            must(all && entries.is_empty(), || "a scope that is not there took it".to_owned())?;
            return Ok(Answered::Batch(outcomes.len()));
        }
        if let Some(Err(code)) = self.model.key(&self.reading, batch.key) {
            return self.turned_away(&items, outcomes, code);
        }
        let (mut entries, mut at) = (entries.iter(), 0);
        while at < items.len() {
            let end = group_end(&items, at);
            let group = &items[at..end];
            if outcomes[at..end].iter().any(|outcome| is_code(outcome, "storage_low")) {
                // For want of space; the world knows of that. None of a group is recorded then.
                let all = outcomes[at..end].iter().all(|o| matches!(o, ItemOutcome::Refused(_)));
                must(all, || "of a group that has no space a part is recorded".to_owned())?;
                at = end;
                continue;
            }
            let fails = match self.model.scope(batch.scope.0) {
                Some(scope) if group.len() > 1 || group[0].linked => {
                    group_fails(&scope.money, group, self.when(self.next(), now))
                }
                _ => None,
            };
            for (index, outcome) in outcomes[at..end].iter().enumerate() {
                if let Some((failing, code)) = fails {
                    let code = if index == failing { code } else { "linked_failed" };
                    is_refused(outcome, code, &group[index])?;
                    continue;
                }
                let when = self.when(self.next(), now);
                self.item((sending, batch), &group[index], when, outcome, &mut entries)?;
            }
            at = end;
        }
        must(entries.next().is_none(), || "a batch made an entry that no item has".to_owned())?;
        Ok(Answered::Batch(outcomes.len()))
    }

    /// Nobody acts with the key any more.
    fn turned_away(
        &self,
        items: &[Item],
        outcomes: &[ItemOutcome],
        code: &'static str,
    ) -> Checked<Answered> {
        items
            .iter()
            .zip(outcomes)
            .try_for_each(|(item, outcome)| is_refused(outcome, code, item))?;
        Ok(Answered::Batch(outcomes.len()))
    }

    fn item<'e>(
        &mut self,
        (sending, batch): (u64, &IntentBatch),
        item: &Item,
        when: When,
        outcome: &ItemOutcome,
        entries: &mut impl Iterator<Item = &'e Entry>,
    ) -> Checked {
        let id = item.id.as_str();
        match outcome {
            ItemOutcome::Created(position) | ItemOutcome::Rejected(position, _) => {
                let Some(entry) = entries.next() else { return fail(format!("{id}: no entry")) };
                let stands = entry.header.position == *position;
                must(stands, || {
                    format!("item {id} is told at {}, and stands elsewhere", position.get())
                })?;
                self.item_entry((sending, batch), item, entry)?;
                let intent = &self.model.scopes[batch.scope.0 as usize].money.all[id];
                let lost = matches!(intent.stage, Stage::Rejected | Stage::Voided);
                let told = match outcome {
                    ItemOutcome::Rejected(_, refusal) => Some(refusal.code.as_str()),
                    _ => None,
                };
                let known = intent.code.filter(|_| lost);
                must(known == told, || {
                    let [known, told] = [known, told].map(|code| code.unwrap_or("taken"));
                    format!("item {id} is told as {told}\n  must have been {known}")
                })
            }
            ItemOutcome::Replayed(position, past) => self.replayed(batch, item, *position, *past),
            ItemOutcome::Refused(_) => match self.judge_item(batch, item, when) {
                Taken::Refused(code) => is_refused(outcome, code, item),
                _ => fail(format!("item {id} is {}\n  must have been taken", words::item(outcome))),
            },
        }
    }

    fn replayed(
        &mut self,
        batch: &IntentBatch,
        item: &Item,
        position: Position,
        past: Past,
    ) -> Checked {
        let id = item.id.as_str();
        let scope = self.model.scope(batch.scope.0);
        let known = scope.and_then(|scope| scope.money.all.get(id));
        let same = known.is_some_and(|known| {
            known.digest == item.digest
                && known.accepted_at == position
                && known.stage.word() == past.state.as_str()
                && known.last == past.last
        });
        must(same, || {
            let known = known.map_or("new", |known| known.stage.word());
            let told = words::item(&ItemOutcome::Replayed(position, past));
            format!("item {id} is {told}\n  must have been {known}")
        })
    }

    fn judge_item(&mut self, batch: &IntentBatch, item: &Item, when: When) -> Taken {
        self.model.accept(batch.scope.0, item, when)
    }

    /// The entry of an item.
    fn item_entry(
        &mut self,
        (sending, batch): (u64, &IntentBatch),
        item: &Item,
        entry: &Entry,
    ) -> Checked {
        self.follows(entry)?;
        let header = &entry.header;
        let when = When { position: header.position, recorded_at: header.recorded_at };
        match self.judge_item(batch, item, when) {
            Taken::New(expected) => {
                let whose = |_: &_| format!("item {} of {sending}", item.id.as_str());
                self.tells(entry, &expected, whose)?;
                self.publishes(entry, None, &expected);
                Ok(())
            }
            _ => fail(format!("item {} is nothing new, and yet has an entry", item.id.as_str())),
        }
    }

    /// An entry of a batch that nobody was told of is there after a crash.
    pub(super) fn batch_survived(
        &mut self,
        (sending, batch): (u64, &IntentBatch),
        entry: &Entry,
    ) -> Checked {
        let items = items(batch);
        let from = self.survived_items.get(&sending).copied().unwrap_or(0);
        let intent = self.reading.accepted(entry);
        let is_it = |item: &Item| Some(item.id.as_str()) == intent.as_deref();
        let Some(at) = items.iter().skip(from).position(is_it) else {
            return fail(format!(
                "entry {} is of no item of {sending}",
                entry.header.position.get()
            ));
        };
        self.survived_items.insert(sending, from + at + 1);
        self.item_entry((sending, batch), &items[from + at], entry)
    }

    /// Whether entries of a batch were judged that is not answered yet.
    pub(crate) fn is_in_slices(&self, sending: u64) -> bool {
        self.survived_items.contains_key(&sending)
    }

    /// A batch is answered of which others were decided in between: what its entries tell was
    /// judged, and is what its outcomes say. At which place of the log the others were refused or
    /// were there already is not known.
    pub(super) fn slices(
        &mut self,
        sending: u64,
        batch: &IntentBatch,
        outcomes: &[ItemOutcome],
    ) -> Checked<Answered> {
        let items = items(batch);
        let ends = self.survived_items.remove(&sending).unwrap_or(0);
        must(items.len() == outcomes.len(), || "an item of a batch has no outcome".to_owned())?;
        let scope = self.model.scope(batch.scope.0);
        for (at, (item, outcome)) in items.iter().zip(outcomes).enumerate() {
            let id = item.id.as_str();
            let known = scope.and_then(|scope| scope.money.all.get(id));
            let stands = known.map(|known| known.accepted_at);
            let fits = match outcome {
                ItemOutcome::Created(position) | ItemOutcome::Rejected(position, _) => {
                    stands == Some(*position) && at < ends
                }
                ItemOutcome::Replayed(position, _) => stands == Some(*position),
                ItemOutcome::Refused(_) => true,
            };
            must(fits, || {
                let told = words::item(outcome);
                format!(
                    "item {id} of a batch in slices is told as {told}, and stands at {stands:?}"
                )
            })?;
        }
        Ok(Answered::Batch(outcomes.len()))
    }

    /// After a crash: what survived of batches ends where a group ends.
    pub(crate) fn groups_are_whole(&mut self) -> Checked {
        for (sending, ends) in std::mem::take(&mut self.survived_items) {
            let linked = match self.sent(sending) {
                Some(crate::node::Input::Intents(batch)) => batch.items[ends - 1].linked,
                _ => false,
            };
            must(!linked, || format!("of {sending} a part of a linked group survived"))?;
        }
        Ok(())
    }
}

fn is_code(outcome: &ItemOutcome, code: &str) -> bool {
    matches!(outcome, ItemOutcome::Refused(refusal) if refusal.code.as_str() == code)
}

fn is_refused(outcome: &ItemOutcome, code: &'static str, item: &Item) -> Checked {
    let refused = match outcome {
        ItemOutcome::Refused(refusal) => Some(refusal.code.as_str()),
        _ => None,
    };
    must(refused == Some(code), || {
        let (id, outcome) = (item.id.as_str(), words::item(outcome));
        format!("item {id} is {outcome}\n  must have been refused, {code}")
    })
}
