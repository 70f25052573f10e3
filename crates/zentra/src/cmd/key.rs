//! `zentra key create`: a key on a data folder that no server has open.
//!
//! The first key of a deployment is made this way; it goes through the engine and the log like
//! every other command. The key's text is printed once and stored nowhere.

use crate::args::{KeyArgs, KeyCommand, Role};
use crate::output::{note, say};
use anyhow::{Context, Result, bail};
use data_encoding::BASE32_NOPAD;
use std::path::Path;
use std::process::ExitCode;
use zentra_engine::{AccessCommand, Command, Engine, NewKey, Outcome, Request, SYSTEM_ACTOR};
use zentra_events::codec::{CODEC, encode_frame};
use zentra_events::event::role;
use zentra_events::{ActorName, Entry, Position, RequestId, ScopeName, ScopeNo};
use zentra_server::clock::Clock;
use zentra_server::config::Config;
use zentra_server::entropy::random_bytes;
use zentra_server::runtime::{self, DataFolder};
use zentra_server::server::PARTITION;
use zentra_store::{EventStore, PendingFrame};

pub(crate) fn run(args: &KeyArgs) -> Result<ExitCode> {
    let KeyCommand::Create { data, scope, actor, roles, label } = &args.command;
    let key = create(data, scope, actor, roles, label)?;
    say!("{key}")?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a key, and its scope when that is new. Returns the key's text.
pub(crate) fn create(
    data: &Path,
    scope: &str,
    actor: &str,
    roles: &[Role],
    label: &str,
) -> Result<String> {
    let scope: ScopeName = scope.parse()?;
    let actor: ActorName = actor.parse()?;
    let folder = DataFolder::new(data);
    folder.make().with_context(|| format!("making {}", data.display()))?;
    let opened = runtime::open(&folder, PARTITION, Config::default().segment_bytes)?;
    let (mut engine, mut store) = (opened.engine, opened.store);
    if engine.next_position() == Position::ZERO {
        // A folder that was mistyped looks the same as one that is meant to be new.
        note(&format!("{} had no log; a new one begins there", data.display()));
    }
    let number = match engine.directory().scope_by_name(&scope) {
        Some(number) => number,
        None => {
            let name = scope.clone();
            let entry = decide(
                &mut engine,
                ScopeNo(u32::MAX),
                AccessCommand::CreateScope { name, key: None },
            )?;
            write(store.as_mut(), &entry)?;
            entry.header.scope
        }
    };
    let text = key_text();
    let command = AccessCommand::CreateKey(NewKey {
        actor,
        hash: *blake3::hash(text.as_bytes()).as_bytes(),
        roles: roles.iter().fold(0, |bits, role| bits | bit(*role)),
        label: label.to_owned(),
    });
    let entry = decide(&mut engine, number, command)?;
    write(store.as_mut(), &entry)?;
    Ok(text)
}

/// The text of a new key: `zk_` and 32 random bytes in lower-case base32.
fn key_text() -> String {
    let mut text = BASE32_NOPAD.encode(&random_bytes::<32>());
    text.make_ascii_lowercase();
    format!("zk_{text}")
}

fn decide(engine: &mut Engine, scope: ScopeNo, command: AccessCommand) -> Result<Entry> {
    let request = Request {
        scope,
        actor: SYSTEM_ACTOR.parse()?,
        key: None,
        request_id: RequestId(random_bytes()),
        cause: None,
        idempotency: None,
        command: Command::Access(command),
    };
    match engine.handle(Clock.now(), &request) {
        Outcome::Entry(entry) => Ok(entry),
        Outcome::Run(run) => Ok(run.expand()),
        Outcome::Refused(refusal) => bail!("{}: {}", refusal.code, refusal.detail),
        Outcome::Repeat(position) => bail!("position {} answered this before", position.get()),
    }
}

fn write(store: &mut dyn EventStore, entry: &Entry) -> Result<()> {
    let bytes = encode_frame([entry])?;
    let (shared, payloads, ends) = (bytes.shared, bytes.payloads, bytes.ends);
    store.append(&[PendingFrame { codec: CODEC, shared, payloads, ends }])?;
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
