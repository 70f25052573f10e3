//! `zentra serve`: a server until SIGTERM or SIGINT.
//!
//! Prints one line on standard output when it listens, so that a program that started it knows the
//! address. A pipeline that cannot go on ends the process with exit code 70; a second signal while
//! it stops ends it at once.

use crate::args::ServeArgs;
use crate::output::{init_logs, say};
use anyhow::{Context, Result, bail};
use std::env::vars_os;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use zentra_control::connect;
use zentra_env::Env;
use zentra_runtime::{DataFolder, Fatal, Recovered};
use zentra_server::config::{self, Config, Loaded};
use zentra_server::ready::ReadyFile;
use zentra_server::server::{self, Server};

/// The exit code of a process whose pipeline could not go on (`EX_SOFTWARE` of sysexits).
const EXIT_FATAL: i32 = 70;
/// The exit code of a process that a second signal ended before it had stopped: 128 and SIGTERM.
const EXIT_CUT: u8 = 128 + 15;

pub(crate) fn run(env: &Env, args: &ServeArgs) -> Result<ExitCode> {
    // Before anything that tells the time, the log lines included.
    if !env.is_from_1970() {
        bail!("the system's clock is before 1970: set it, then start the server again");
    }
    let loaded = config::load(args.config.as_deref(), vars_os(), &args.settings.given)?;
    let Loaded { config, unknown_variables } = loaded;
    init_logs(config.log_format, &config.log_filter)?;
    if !unknown_variables.is_empty() {
        let variables = unknown_variables.join(", ");
        tracing::warn!(%variables, "no settings, and not used; `zentra serve --help` lists them");
    }
    let ready = ready_file(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before anybody can know that it runs, so that no stop finds it unprepared.
        let mut signals = StopSignals::listen()?;
        let written = |address| match &ready {
            Some(ready) => ready.write(&format!("http://{address}")).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", ready.path().display()))
            }),
            None => Ok(()),
        };
        let server = server::start(env, &config, fatal(), written).await?;
        announce(&server, &config.data.display().to_string())?;
        signals.next().await;
        drop(ready);
        tracing::info!("stopping: no new requests, draining; a second signal ends it at once");
        tokio::select! {
            snapshot = server.stop() => {
                let snapshot = snapshot.context("stopping")?;
                tracing::info!(snapshot = snapshot.map(|next| next.get()), "stopped cleanly");
                Ok(ExitCode::SUCCESS)
            }
            () = signals.next() => {
                tracing::warn!("stopped at once; what was acknowledged is in the log");
                std::process::exit(i32::from(EXIT_CUT));
            }
        }
    })
}

/// The ready file, taken away before the log is opened. It stays where a server has the folder
/// open: that one wrote it, and this one will not start.
fn ready_file(config: &Config) -> Result<Option<ReadyFile>> {
    let Some(path) = &config.ready_file else { return Ok(None) };
    if let Ok(Some(_)) = connect(&DataFolder::new(&config.data)) {
        return Ok(None);
    }
    let taken = ReadyFile::take(path);
    taken.map(Some).with_context(|| format!("the ready file {}", path.display()))
}

/// Ends the process at once: what was acknowledged is durable.
pub(crate) fn fatal() -> Fatal {
    Arc::new(|reason| {
        eprintln!("zentra: {reason}; restart to recover from the log");
        std::process::exit(EXIT_FATAL);
    })
}

fn announce(server: &Server, data: &str) -> Result<()> {
    let Recovered { log, snapshot, folded } = server.recovered();
    if let Some(torn) = &log.torn {
        tracing::warn!(?torn, "the last write before the stop was torn; it was never acknowledged");
    }
    tracing::info!(
        snapshot = snapshot.map(|next| next.get()),
        folded,
        next = log.next.get(),
        data,
        "recovered"
    );
    say!("zentra listens on http://{}", server.address())
}

struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> Result<StopSignals> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(StopSignals { terminate, interrupt })
    }

    /// The next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
