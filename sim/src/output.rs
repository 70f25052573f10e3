//! What is printed.
#![expect(clippy::print_stdout, reason = "a tool for developers prints")]

/// Prints a line.
pub(crate) fn show(line: &str) {
    println!("{line}");
}
