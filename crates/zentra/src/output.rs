//! How text goes out: logs, and hexadecimal.

use data_encoding::HEXLOWER;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use zentra_server::config::LogFormat;

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
