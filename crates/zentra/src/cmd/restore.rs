//! `zentra restore`: a data folder from a backup.

use crate::args::RestoreArgs;
use crate::output::say;
use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use zentra_server::backup::restore;
use zentra_server::keyring::Keyring;
use zentra_server::runtime::DataFolder;

pub(crate) fn run(args: &RestoreArgs) -> Result<ExitCode> {
    let key = match &args.master_key {
        Some(path) if !path.is_file() => bail!("there is no key file {}", path.display()),
        other => other,
    };
    let data = DataFolder::new(&args.data);
    let manifest = restore(&args.folder, &data)
        .with_context(|| format!("restoring {}", args.folder.display()))?;
    if let Some(path) = key {
        Keyring::install(path, data.root())?;
    }
    say!("restored to position {}, as of {}", manifest.position, manifest.made_at)?;
    say!("what was acknowledged after that is not in it")?;
    if key.is_none() {
        say!("put the deployment's master.key into {} before serving", args.data.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
