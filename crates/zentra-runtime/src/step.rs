//! What comes of one step of a part that threads run, and that one thread may run in turns.
//!
//! A loop on a thread of its own steps a part, and waits where a step finds nothing to do; or a
//! simulation steps all parts, in any order that it likes. Must not know any part.

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was done. There may be more.
    Done,
    /// As `Done`, and whoever needs the processor for something more urgent may have it now.
    Yield,
    /// There is nothing to do until something comes in.
    Idle,
    /// There is no room for what was done: who takes it has to step first.
    Full,
    /// It has ended, and does nothing any more.
    Ended,
}
