//! `zentra key create`: a key, by the server that has the folder open or without one.
//!
//! The first key of a deployment is made this way. Either way it goes through the engine and the
//! log like every other command, with the command line as its actor. The key's text is made here,
//! printed once and stored nowhere; a server is told its hash.

use crate::args::{KeyArgs, KeyCommand, Role};
use crate::output::{note, say};
use anyhow::{Context, Error, Result, anyhow, bail};
use std::path::Path;
use std::process::ExitCode;
use zentra_auth::{hash_of_key, key_text};
use zentra_control::{KeyWanted, connect};
use zentra_engine::Outcome;
use zentra_env::Env;
use zentra_events::event::role;
use zentra_events::frame_builder::frame_of;
use zentra_events::{Entry, Position};
use zentra_log::LogWriter;
use zentra_runtime::DataFolder;
use zentra_server::config::Config;
use zentra_server::server::PARTITION;

pub(crate) fn run(env: &Env, args: &KeyArgs) -> Result<ExitCode> {
    let KeyCommand::Create { data, scope, actor, roles, label } = &args.command;
    let key = create(env, data, scope, actor, roles, label)?;
    say!("{key}")?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a key, and its scope when that is new. Returns the key's text.
pub(crate) fn create(
    env: &Env,
    data: &Path,
    scope: &str,
    actor: &str,
    roles: &[Role],
    label: &str,
) -> Result<String> {
    let text = key_text(&env.random_bytes());
    let hash = hash_of_key(&text);
    let bits = roles.iter().fold(0, |bits, role| bits | bit(*role));
    let wanted = KeyWanted::new((scope, actor), hash, bits, label).map_err(Error::msg)?;
    let folder = DataFolder::new(data);
    match connect(&folder) {
        Ok(Some(server)) => server.make_key(&wanted)?,
        Ok(None) => without_server(env, &folder, &wanted)?,
        // There may be a server that cannot be asked; the log's lock tells.
        Err(unreached) => without_server(env, &folder, &wanted)
            .map_err(|error| anyhow!("{}; {unreached}", crate::output::told(&error)))?,
    }
    Ok(text)
}

/// Makes it on a folder that no server has open.
fn without_server(env: &Env, folder: &DataFolder, wanted: &KeyWanted) -> Result<()> {
    let root = folder.root().display();
    folder.make().with_context(|| format!("making {root}"))?;
    let opened = zentra_runtime::open(env, folder, PARTITION, Config::default().segment_bytes)?;
    let (mut engine, mut store) = (opened.engine, opened.store);
    if engine.next_position() == Position::ZERO {
        // A folder that was mistyped looks the same as one that is meant to be new.
        note(&format!("{root} had no log; a new one begins there"));
    }
    let known = engine.directory().scope_by_name(&wanted.scope);
    match engine.handle(env.now(), &wanted.request(env, known)) {
        Outcome::Entry(entry) => write(store.as_mut(), &entry),
        Outcome::Refused(refusal) => bail!("{}: {}", refusal.code, refusal.detail),
        Outcome::Repeat(position) => bail!("position {} answered this before", position.get()),
    }
}

fn write(store: &mut dyn LogWriter, entry: &Entry) -> Result<()> {
    store.append(&[frame_of([entry])?.into()])?;
    store.sync()?;
    Ok(())
}

fn bit(role: Role) -> u8 {
    match role {
        Role::Writer => role::WRITER,
        Role::Operator => role::OPERATOR,
        Role::Auditor => role::AUDITOR,
        Role::Admin => role::ADMIN,
        Role::Deployment => role::DEPLOYMENT,
    }
}
