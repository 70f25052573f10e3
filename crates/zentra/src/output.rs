//! How text goes out: results, logs, and hexadecimal.

use anyhow::{Context, Error, Result, bail};
use data_encoding::HEXLOWER;
use std::io::{ErrorKind, IsTerminal, Write};
use tracing_subscriber::EnvFilter;
use zentra_server::config::LogFormat;

/// A line as of `println!`, written by [`put`].
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::put(&format!("{}\n", format_args!($($text)*)))
    };
}
pub(crate) use say;

/// Nobody reads standard output any more (`zentra log inspect | head`). The process then ends in
/// silence, as other commands do, once everything on the way is put in order.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub(crate) struct NoReader;

impl NoReader {
    /// What a shell reports of a process that wrote to a pipe without a reader.
    pub(crate) const EXIT: u8 = 128 + 13;
}

/// Writes to standard output.
///
/// # Errors
/// [`NoReader`], or why nothing can be written.
pub(crate) fn put(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => bail!(NoReader),
        written => written.context("writing to standard output"),
    }
}

/// Says something besides the result, on standard error.
pub(crate) fn note(text: &str) {
    eprintln!("zentra: {text}");
}

/// An error with its causes, each once: most of ours tell theirs already.
pub(crate) fn told(error: &Error) -> String {
    let mut told = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !told.contains(&cause) {
            let between = if told.is_empty() { "" } else { ": " };
            told = format!("{told}{between}{cause}");
        }
    }
    told
}

/// Sends logs to standard error, once a process.
///
/// # Errors
/// When the filter is none.
pub(crate) fn init_logs(format: LogFormat, filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(of_ours(filter))
        .with_context(|| format!("the log filter {filter:?}"))?;
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    let set = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
    if let Err(error) = set {
        eprintln!("zentra: logs go to another place already: {error}");
    }
    Ok(())
}

/// A filter whose levels without a target are of this project: libraries tell warnings only, unless
/// they are named.
fn of_ours(filter: &str) -> String {
    let part = |part: &str| match part.trim().to_ascii_lowercase().as_str() {
        level @ ("info" | "debug" | "trace") => format!("warn,zentra={level}"),
        _ => part.to_owned(),
    };
    filter.split(',').map(part).collect::<Vec<_>>().join(",")
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_by_itself_is_not_of_libraries() {
        assert_eq!(of_ours("info"), "warn,zentra=info");
        assert_eq!(of_ours("DEBUG,hyper=info"), "warn,zentra=debug,hyper=info");
        assert_eq!(of_ours("error"), "error");
        assert_eq!(of_ours("zentra=debug,warn"), "zentra=debug,warn");
    }

    #[test]
    fn each_cause_is_told_once() {
        let refused = || std::io::Error::from(ErrorKind::PermissionDenied);
        let inner = refused().to_string();
        let told_by_itself = anyhow::Error::new(refused()).context(format!("the log: {inner}"));
        assert_eq!(told(&told_by_itself), format!("the log: {inner}"));
        let told_by_none = anyhow::Error::new(refused()).context("opening").context("serving");
        assert_eq!(told(&told_by_none), format!("serving: opening: {inner}"));
        assert_eq!(told(&anyhow::anyhow!("alone")), "alone");
    }
}
