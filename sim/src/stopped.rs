//! What ends everything and is nobody's failure: the machine cannot do what a run needs.
//!
//! It unwinds past whoever takes a panic for a failure of the world, so that folders and processes
//! go with it.
#![expect(clippy::print_stderr, reason = "a tool for developers tells what its machine lacks")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What unwinds.
struct Stopped;

/// Ends everything, with a word about why.
pub(crate) fn stop(why: &str) -> ! {
    eprintln!("{why}");
    stop_silently()
}

/// Ends everything.
pub(crate) fn stop_silently() -> ! {
    resume_unwind(Box::new(Stopped))
}

/// Whether it panics: none when it does not, and the words of its panic.
///
/// Whoever was stopped goes on to stop.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| match panic.is::<Stopped>() {
        true => resume_unwind(panic),
        false => words(panic.as_ref()),
    })
}

/// Runs it to its end, or until it is stopped: then there is nothing.
pub(crate) fn unless_stopped<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run))
        .map_or_else(|panic| if panic.is::<Stopped>() { None } else { resume_unwind(panic) }, Some)
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
    format!("a panic: {}", text.unwrap_or_default())
}
