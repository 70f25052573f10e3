//! `zentra backup`: a copy of a data folder, also beside a server, and the check of such a copy.
//!
//! A check reads every byte, folds the log, compares with the snapshot in the backup and computes
//! the roots of the last checkpoints again.

use crate::args::{BackupArgs, BackupCommand};
use crate::cmd::rebuild::fold_from_zero;
use crate::output::say;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use zentra_backup::{check_files, log_of, make, snapshot_of};
use zentra_control::connect;
use zentra_env::Env;
use zentra_events::Position;
use zentra_runtime::{DataFolder, SharedNames};
use zentra_sealer::check_roots;

pub(crate) fn run(env: &Env, args: &BackupArgs) -> Result<ExitCode> {
    if let Some(BackupCommand::Verify { folder }) = &args.command {
        return verify(env, folder);
    }
    let target = args.folder.as_deref().context("name the folder for the backup")?;
    let folder = DataFolder::new(&args.data);
    // A server tells how far its log is durable. What is whole in the log without one, or beside
    // one that cannot be asked, is a backup, too.
    let server = connect(&folder).ok().flatten();
    let status = server.and_then(|server| server.status().ok());
    let upto = status.map(|status| Position(status.durable));
    let made = make(&folder, target, upto, env.now())?;
    let (manifest, copied) = (&made.manifest, made.copied_bytes);
    if args.json {
        let answer = json!({
            "position": manifest.position,
            "chain": manifest.chain,
            "files": manifest.files.len(),
            "copied_bytes": copied,
        });
        say!("{answer}")?;
    } else {
        say!("position:  {}", manifest.position)?;
        say!("chain:     {}", manifest.chain)?;
        say!("files:     {}, {copied} bytes copied now", manifest.files.len())?;
        let key = args.data.join("master.key");
        say!("the master key is not part of a backup: keep a copy of {} apart", key.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(env: &Env, backup: &Path) -> Result<ExitCode> {
    let checked = check_files(backup)?;
    say!(
        "files:  {} files, every sum is the manifest's; {} frames, chain {}",
        checked.manifest.files.len(),
        checked.log.frames,
        checked.manifest.chain
    )?;
    let log = log_of(env, backup, &checked.manifest)?;
    let rebuilt = fold_from_zero(&log, snapshot_of(backup, &checked.manifest)?)?;
    rebuilt.conserved.clone()?;
    if !rebuilt.agrees() {
        bail!("the snapshot in {} is not what its log folds to", backup.display());
    }
    say!("fold:   {} entries, money is conserved", rebuilt.next.get())?;
    let names = SharedNames::of(&rebuilt.engine);
    let roots = check_roots(&log, &names, &rebuilt.engine.all_sealed())?;
    say!("roots:  {roots} checkpoints, each root computed again from the entries")?;
    say!("ok")?;
    Ok(ExitCode::SUCCESS)
}
