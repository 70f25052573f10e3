//! `zentra wait`: until the server of a data folder takes requests.
//!
//! Prints where it listens, so that a script need not know the port. It asks at the control socket:
//! another server at the same port is not taken for this one.

use crate::args::WaitArgs;
use crate::output::say;
use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{interval, timeout};
use zentra_control::{ControlError, connect};
use zentra_runtime::DataFolder;

/// How often it is asked.
const EVERY: Duration = Duration::from_millis(50);

pub(crate) fn run(args: &WaitArgs) -> Result<ExitCode> {
    let folder = DataFolder::new(&args.data);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let url = runtime.block_on(async {
        timeout(Duration::from_secs(args.timeout), until_ready(&folder)).await.with_context(
            || {
                let (data, seconds) = (args.data.display(), args.timeout);
                format!("no server took requests for {data} within {seconds} s")
            },
        )?
    })?;
    say!("{url}")?;
    Ok(ExitCode::SUCCESS)
}

async fn until_ready(folder: &DataFolder) -> Result<String> {
    let mut ticks = interval(EVERY);
    loop {
        ticks.tick().await;
        let Some(server) = connect(folder)? else { continue };
        match server.status() {
            Ok(status) => return Ok(status.url),
            Err(ControlError::Refused { code, detail }) if code == "forbidden" => bail!(detail),
            // It starts, stops, or has too much to do.
            Err(_) => {}
        }
    }
}
