//! `zentra restore`: a data folder from a backup, with the key that its log was written with.

use crate::args::RestoreArgs;
use crate::cmd::rebuild::fold_from_zero;
use crate::output::say;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::ExitCode;
use zentra_backup::{BackupError, Manifest, log_of, restore};
use zentra_env::Env;
use zentra_keyring::Keyring;
use zentra_runtime::{DataFolder, check_identity};

pub(crate) fn run(env: &Env, args: &RestoreArgs) -> Result<ExitCode> {
    let key = match &args.master_key {
        Some(path) if !path.is_file() => bail!("there is no key file {}", path.display()),
        Some(path) => Some(checked(env, path, &args.folder)?),
        None => None,
    };
    let data = DataFolder::new(&args.data);
    let manifest = restore(&args.folder, &data)
        .with_context(|| format!("restoring {}", args.folder.display()))?;
    if let Some(key) = &key {
        key.install(data.root())?;
    }
    say!("restored to position {}, as of {}", manifest.position, manifest.made_at)?;
    say!("what was acknowledged after that is not in it")?;
    if key.is_none() {
        say!("put the deployment's master.key into {} before serving", args.data.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A key, if it is the one that the log of the backup was written with. Checked before a folder is
/// made: another key would only be noticed when the server is needed.
fn checked(env: &Env, path: &Path, backup: &Path) -> Result<Keyring> {
    let key = Keyring::read_copy(path)?;
    let manifest = Manifest::read(backup)?;
    let manifest = manifest.ok_or_else(|| BackupError::NoBackup(backup.to_owned()))?;
    let log = log_of(env, backup, &manifest)?;
    let rebuilt = fold_from_zero(&log, None)?;
    check_identity(Some(&key), &rebuilt.engine, &log)
        .with_context(|| format!("the key file {}", path.display()))?;
    Ok(key)
}
