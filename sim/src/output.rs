//! What is printed.

use crate::stopped::{stop, stop_silently};
use std::io::{ErrorKind, Write, stdout};

/// Prints a line. When nobody reads any more, or it goes nowhere, everything ends.
pub(crate) fn show(line: &str) {
    match writeln!(stdout(), "{line}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => stop_silently(),
        Err(error) => stop(&format!("what is printed goes nowhere: {error}")),
    }
}
