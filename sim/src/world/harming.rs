//! The mark, snapshots and the master key at rest: what happens to them, and what must follow.

use super::harm::{Harm, Must};
use super::state::World;
use crate::disk::{Bytes, Disk, KEY};
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use crate::node::elsewhere;
use zentra_events::Position;
use zentra_runtime::{FolderPart, Mark, OpenError, Opened};

const MARK: &str = "durable.mark";

impl World {
    /// Something may happen to what is beside the log, while no process runs.
    pub(super) fn may_harm(&mut self) -> Checked {
        let kinds = [Fault::Mark, Fault::Snapshot, Fault::Key];
        let harms = kinds.map(|fault| self.may(fault) && self.streams.folder.chance(200));
        // One thing at a time: what must follow is certain then.
        let is_alone = self.damage.is_none() && self.beside.harm.is_none();
        let Some(at) = harms.iter().position(|harms| *harms) else {
            if self.streams.folder.chance(200) && is_alone {
                let files = |part| self.disk.files(part);
                self.beside.older = Some((files(FolderPart::Root), files(FolderPart::Snapshots)));
            }
            return Ok(());
        };
        if !is_alone {
            return Ok(());
        }
        let random = &mut self.streams.folder;
        let known = self.oracle.frame_ends();
        let elsewhere = match random.chance(700) && !known.is_empty() {
            true => *random.pick(&known),
            false => Position(random.magnitude(1, 2 * self.oracle.next().get().max(1))),
        };
        let harm = *random.pick(&Harm::of(kinds[at], elsewhere));
        let whole = self.disk.copy();
        if self.harms(harm, elsewhere)? && self.disk.digest() != whole.digest()
            || harm == Harm::KeyExposed
        {
            self.meets(kinds[at]);
            self.say(format_args!("{}", harm.words()));
            self.whole = Some(whole);
            self.beside.harm = Some(harm);
        }
        Ok(())
    }

    /// Does it, if there is something to do it to.
    fn harms(&mut self, harm: Harm, at: Position) -> Checked<bool> {
        let (root, snapshots) = (FolderPart::Root, FolderPart::Snapshots);
        let own_key = self.disk.files(root).remove(KEY);
        match harm {
            Harm::MarkLost => self.disk.lose(root, MARK),
            Harm::KeyLost => self.disk.lose(root, KEY),
            Harm::KeyExposed => self.disk.exposes_the_key(),
            Harm::SnapshotsLost => self.disk.replaces(snapshots, &Bytes::new()),
            Harm::MarkDamaged => return Ok(self.damages(root, MARK)),
            Harm::SnapshotDamaged => {
                let newest = self.disk.files(snapshots).into_keys().next_back();
                return Ok(newest.is_some_and(|newest| self.damages(snapshots, &newest)));
            }
            Harm::MarkOlder | Harm::SnapshotsOlder => {
                let Some((older_root, older_snapshots)) = &self.beside.older else {
                    return Ok(false);
                };
                match (harm, older_root.get(MARK)) {
                    (Harm::SnapshotsOlder, _) => self.disk.replaces(snapshots, older_snapshots),
                    (_, Some(mark)) => self.disk.put(root, MARK, mark),
                    (_, None) => return Ok(false),
                }
            }
            Harm::MarkOfAnotherLog
            | Harm::SnapshotOfAnotherLog(_)
            | Harm::MarkOfAnotherDeployment
            | Harm::SnapshotOfAnotherDeployment
            | Harm::KeyOfAnotherDeployment => {
                let own = matches!(harm, Harm::MarkOfAnotherLog | Harm::SnapshotOfAnotherLog(_));
                let Some(key) = own_key else { return Ok(false) };
                let other = elsewhere(&self.env, own.then_some(key.as_slice()), at.get());
                self.takes_from(&other.or_else(fail)?, harm);
            }
        }
        Ok(true)
    }

    fn takes_from(&self, other: &Disk, harm: Harm) {
        let (root, snapshots) = (FolderPart::Root, FolderPart::Snapshots);
        let from_root = |name: &str| {
            if let Some(bytes) = other.files(root).get(name) {
                self.disk.put(root, name, bytes);
            }
        };
        match harm {
            Harm::KeyOfAnotherDeployment => from_root(KEY),
            Harm::MarkOfAnotherLog | Harm::MarkOfAnotherDeployment => from_root(MARK),
            _ => {
                for (name, bytes) in other.files(snapshots) {
                    self.disk.put(snapshots, &name, &bytes);
                }
            }
        }
    }

    /// Another bit somewhere in a file, or an end that is gone.
    fn damages(&mut self, part: FolderPart, name: &str) -> bool {
        let Some(mut bytes) = self.disk.files(part).remove(name) else { return false };
        if bytes.is_empty() {
            return false;
        }
        let random = &mut self.streams.folder;
        let at = random.place(bytes.len());
        match random.chance(700) {
            true => bytes[at] ^= 1 << random.below(8),
            false => bytes.truncate(at),
        }
        self.disk.put(part, name, &bytes);
        true
    }

    /// It was refused: rightly, and with its reason.
    pub(super) fn is_refused_rightly(&self, error: &OpenError) -> Checked {
        let Some(harm) = self.beside.harm else { return Ok(()) };
        let may = match harm.must() {
            Must::Open => false,
            Must::Refuse | Must::OpenWithoutSecrets => true,
            Must::OpenFrom(at) => at > self.oracle.next(),
        };
        must(may && harm.is_told_by(error), || format!("{}, and yet: {error}", harm.words()))
    }

    /// It opened: rightly, and with all that is beside the log and was whole.
    pub(super) fn is_opened_rightly(&mut self, opened: &Opened) -> Checked {
        let harm = self.beside.harm.take();
        let may = match harm.map(Harm::must) {
            None | Some(Must::Open) => true,
            Some(Must::Refuse) => false,
            Some(Must::OpenWithoutSecrets) => {
                !self.oracle.model.deliveries.hooks.has_secrets()
                    && opened.engine.all_sealed().is_empty()
            }
            Some(Must::OpenFrom(at)) => at <= opened.engine.next_position(),
        };
        let words = harm.map(Harm::words).unwrap_or_default();
        must(may, || format!("{words}, and it opens"))?;
        match harm {
            Some(Harm::KeyLost | Harm::KeyOfAnotherDeployment) => {
                (self.beside.marked, self.beside.snapshotted) = (Position::ZERO, Position::ZERO);
                self.beside.left = None;
            }
            Some(
                Harm::MarkLost
                | Harm::MarkOlder
                | Harm::MarkDamaged
                | Harm::MarkOfAnotherDeployment,
            ) => self.beside.marked = Position::ZERO,
            Some(_) => {
                self.beside.snapshotted = Position::ZERO;
                self.beside.left = None;
            }
            None => {}
        }
        let mark = Mark::read(&self.disk.data_folder(), Some(&opened.keyring));
        let mark = mark.or_else(|error| fail(format!("the mark is not read: {error}")))?;
        let marked = mark.map_or(Position::ZERO, |mark| mark.next);
        must(marked >= self.beside.marked, || {
            format!("{:?} was marked, and the mark says {marked:?}", self.beside.marked)
        })?;
        let found = opened.recovered.snapshot.unwrap_or(Position::ZERO);
        must(found >= self.beside.snapshotted, || {
            format!("a snapshot stands at {:?}, {found:?} is used", self.beside.snapshotted)
        })
    }
}
