//! The product from outside: real processes, real sockets, and judges that are not ours.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

mod answers;
mod attacks;
mod backup;
mod cli;
mod control;
mod disk;
mod journal;
mod kill;
mod page;
mod readme;
mod settings;
mod warnings;
mod webhooks;
