//! Snapshots of a process: beside the kernel, and at a clean stop; by the product's own steps.

use super::process::Node;
use super::viewing::Viewing;
use std::task::{Context, Poll, Waker};
use zentra_events::Position;
use zentra_runtime::{Step, chain_before, last_snapshot, write_snapshot};

impl Node {
    /// Asks the kernel for a view. False while one is under way, or nothing more is taken.
    pub(crate) fn asks_for_a_view(&mut self) -> bool {
        if self.viewing.is_some() || self.is_stopping() {
            return false;
        }
        let handle = self.handle.clone();
        self.viewing = Some(Viewing::Asked(Box::pin(async move { handle.read_view().await })));
        self.has_a_view();
        true
    }

    /// Whether the view has just come: then it is to be written.
    pub(crate) fn has_a_view(&mut self) -> bool {
        let Some(Viewing::Asked(view)) = &mut self.viewing else { return false };
        match view.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(view)) => {
                self.viewing = Some(Viewing::There(Box::new(view)));
                true
            }
            Poll::Ready(Err(_)) => {
                self.viewing = None;
                false
            }
            Poll::Pending => false,
        }
    }

    /// Steps kernel and writer until nothing waits at them.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn works_off(&mut self) -> Result<(), String> {
        loop {
            let (decided, written) = (self.decides(), self.writes()?);
            self.has_a_view();
            if (decided, written) == (Step::Idle, Step::Idle) {
                return Ok(());
            }
        }
    }

    /// Writes the view that came, and says where it stands.
    ///
    /// # Errors
    /// When the disk fails, the log cannot be read, or no frame ends there.
    pub(crate) fn writes_the_view(&mut self) -> Result<Option<Position>, String> {
        let Some(Viewing::There(view)) = self.viewing.take() else { return Ok(None) };
        let next = view.next_position();
        let chain = chain_before(self.reader(), next).map_err(|error| error.to_string())?;
        let chain = match chain {
            Some(chain) => chain,
            None if next == Position::ZERO => return Ok(None),
            None => return Err(format!("no frame ends before position {}", next.get())),
        };
        let key = self.keyring.snapshot_key();
        write_snapshot(&self.folder, &view, chain, &key, &mut || Ok(()))
            .map_err(|error| error.to_string())?;
        Ok(Some(next))
    }

    /// Tells the process to stop. False while so much waits that it could not be told.
    pub(crate) fn is_told_to_stop(&mut self) -> bool {
        let may = !self.is_stopping() && self.handle.inbox_depth() < super::process::INBOX_MAX;
        if may {
            self.handle.stop();
            self.owed = Some(self.waiting.keys().copied().collect());
        }
        may
    }

    /// Whether it was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.owed.is_some()
    }

    /// What a stop leaves, once the kernel and the writer have ended: the place of a snapshot.
    ///
    /// # Errors
    /// When the disk fails, or who waited before the stop has no answer.
    pub(crate) fn leaves(self) -> Result<Option<Position>, String> {
        let Node { folder, keyring, handle, writer, ended, waiting, owed, .. } = self;
        let unanswered = owed.iter().flatten().find(|sending| waiting.contains_key(sending));
        if let Some(sending) = unanswered {
            return Err(format!("{sending} waited at the stop, and has no answer"));
        }
        let engine = ended.ok_or("the kernel has not ended")?;
        let left = (engine, &*writer.into_store());
        last_snapshot(&folder, &keyring, handle.space(), left).map_err(|error| error.to_string())
    }
}
