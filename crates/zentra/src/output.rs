//! How text goes out: results, logs, and hexadecimal.

use data_encoding::HEXLOWER;
use std::io::{ErrorKind, IsTerminal, Write};
use tracing_subscriber::EnvFilter;
use zentra_server::config::LogFormat;

/// As `println!`, for whom [`put`] is for.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::put(&format!("{}\n", format_args!($($text)*)))
    };
}
pub(crate) use say;

/// What a shell reports of a process that wrote to a pipe without a reader.
const NO_READER: i32 = 128 + 13;

/// Writes to standard output. When nobody reads it any more (`zentra log inspect | head`), the
/// process ends in silence, as other commands do.
pub(crate) fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(NO_READER),
        Err(error) => {
            eprintln!("zentra: writing to standard output: {error}");
            std::process::exit(1);
        }
        Ok(()) => {}
    }
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
