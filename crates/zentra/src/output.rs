//! How text goes out: results, logs, and hexadecimal.

use anyhow::{Context, Result, bail};
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

/// Sends logs to standard error, once a process.
pub(crate) fn init_logs(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
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
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
