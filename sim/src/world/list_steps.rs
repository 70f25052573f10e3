//! The list views of a process, one step at a time.

use super::state::{Event, World};
use crate::failure::{Checked, fail};
use crate::faults::Fault;
use crate::follow::Lists;
use crate::node::{Node, reread};
use zentra_events::Position;

impl World {
    /// A new process opens its list views.
    pub(super) fn lists_start(&mut self) -> Checked {
        let Some(node) = self.node.take() else { return Ok(()) };
        let opened = self.lists_open(&node);
        self.node = Some(node);
        opened?;
        self.takes_in()?;
        self.wants_lists();
        Ok(())
    }

    /// The list views of a process are opened.
    pub(super) fn lists_open(&mut self, node: &Node) -> Checked {
        let folder = self.followers.folder(&self.disk).filter(|_| self.followers.has_lists);
        let Some(folder) = folder else { return Ok(()) };
        let lists = Lists::open(&self.env, &folder, node.handle());
        let lists = lists.or_else(|error| fail(format!("no lists: {error}")))?;
        self.say(format_args!("the lists reach {}", lists.reached().get()));
        self.followers.lists = Some(lists);
        Ok(())
    }

    /// The model's lists take in what is durable and known.
    pub(super) fn takes_in(&mut self) -> Checked {
        if self.followers.lists.is_none() {
            return Ok(());
        }
        self.takes_in_all()
    }

    /// What is durable and known is taken in, also where no list shows it.
    pub(super) fn takes_in_all(&mut self) -> Checked {
        let Some(node) = &self.node else { return Ok(()) };
        let end = self.oracle.next();
        let listing = &mut self.oracle.listing;
        let from = Position(listing.next);
        let taken = reread(node.reader(), from, &mut |_, entry| {
            if entry.header.position < end {
                listing.entry(entry);
            }
            Ok(())
        });
        taken.or_else(|error| fail(format!("an open log is not read: {error}")))
    }

    /// There is something to fold, or more.
    pub(super) fn wants_lists(&mut self) {
        if self.followers.lists.is_some() && !self.followers.follows {
            let slow = self.may(Fault::Follow) && self.streams.follow.chance(20);
            let most = if slow { 60_000_000_000 } else { 20_000_000 };
            let wait = self.streams.follow.magnitude(10_000, most);
            self.followers.follows = true;
            let process = self.process;
            self.later(wait, Event::Follows { process });
        }
    }

    /// A step of the lists.
    pub(super) fn steps_the_lists(&mut self) -> Checked {
        self.followers.follows = false;
        let (Some(node), Some(lists)) = (&self.node, &mut self.followers.lists) else {
            return Ok(());
        };
        let more = lists.step(node.handle());
        let more = more.or_else(|error| fail(format!("the lists stop: {error}")))?;
        let (reached, durable) = (lists.reached(), node.reader().durable());
        if reached > durable {
            return fail(format!("the lists reach {reached:?}, and {durable:?} is durable"));
        }
        if self.may(Fault::Crash) && self.streams.follow.chance(20) {
            let process = self.process;
            self.later(0, Event::Crashes { process });
        }
        if more {
            self.wants_lists();
        }
        Ok(())
    }
}
