//! The command line's shape.
//!
//! Owns flags and their help. Must not know what they lead to.

use crate::flags::SettingFlags;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// An event-sourced ledger and webhook delivery engine.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the HTTP API on a data folder
    Serve(Box<ServeArgs>),
    /// Wait until the server of a data folder takes requests, and print where it listens
    Wait(WaitArgs),
    /// Run the product page's flow on a real server and show it
    Demo(DemoArgs),
    /// Fold the log from zero and show each projection's digest
    Rebuild(RebuildArgs),
    /// Look into a log without a server
    Log(LogArgs),
    /// Copy a data folder, also beside a server; check such a copy
    Backup(BackupArgs),
    /// Make a data folder from a backup
    Restore(RestoreArgs),
    /// Make API keys
    Key(KeyArgs),
    /// Measure a real server under load
    Bench(BenchArgs),
    /// Write the generated schemas to a folder
    #[command(hide = true)]
    Schemas(SchemasArgs),
}

/// Flags of `serve`: the settings, and where else they come from.
#[derive(ClapArgs, Default, Clone)]
pub(crate) struct ServeArgs {
    /// A TOML file with settings; schemas/zentra.toml has a line for each
    #[arg(long, env = "ZENTRA_CONFIG", value_name = "PATH", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
}

#[derive(ClapArgs)]
pub(crate) struct WaitArgs {
    /// The data folder of the server
    #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
    pub(crate) data: PathBuf,
    /// After how many seconds to give up
    #[arg(long, default_value_t = 60)]
    pub(crate) timeout: u64,
}

#[derive(ClapArgs)]
pub(crate) struct DemoArgs {
    /// The data folder (default: a temporary one, removed at the end)
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// End after the summary instead of serving on
    #[arg(long)]
    pub(crate) exit: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs)]
pub(crate) struct RebuildArgs {
    /// The data folder
    #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
    pub(crate) data: PathBuf,
    /// Compare with the newest snapshot; exit with 1 when a digest differs
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    pub(crate) command: LogCommand,
}

#[derive(Subcommand)]
pub(crate) enum LogCommand {
    /// Show entries as JSON lines
    Inspect {
        /// The data folder
        #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
        data: PathBuf,
        /// The first position
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many entries at most
        #[arg(long, default_value_t = u64::MAX)]
        limit: u64,
    },
    /// Check the whole log, also beside a server
    ///
    /// Every frame's checksum, its order and the hash chain; that the log reaches what the durable
    /// mark and the snapshots prove, and goes on from it; that every entry decodes and follows from
    /// the one before; that money is conserved; and, where master.key is there, that the log was
    /// written with it. Lists, evidence and what snapshots hold are not checked (see
    /// `rebuild --verify`).
    Verify {
        /// The data folder
        #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
        data: PathBuf,
    },
    /// Write the ledger of a scope as an hledger journal with balance assertions
    Journal {
        /// The data folder
        #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
        data: PathBuf,
        /// The scope
        #[arg(long)]
        scope: String,
    },
}

#[derive(ClapArgs)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, by the server that has the data folder open or without one; prints the key once
    Create {
        /// The data folder
        #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
        data: PathBuf,
        /// The scope; made when it is new
        #[arg(long)]
        scope: String,
        /// Who will act with the key
        #[arg(long)]
        actor: String,
        /// What the key may do (repeatable)
        #[arg(long = "role", value_enum, default_values_t = [Role::Writer])]
        roles: Vec<Role>,
        /// What the key is for
        #[arg(long, default_value = "")]
        label: String,
    },
}

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Operator,
    Auditor,
    Admin,
    /// Makes scopes and sets what each may use; only this command gives it
    Deployment,
}

#[derive(ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BackupCommand>,
    /// Where the backup goes: a new folder, or one with an earlier backup of the same log
    #[arg(required = true)]
    pub(crate) folder: Option<PathBuf>,
    /// The data folder
    #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
    pub(crate) data: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Check every byte of a backup, fold its log, and recompute what was signed
    Verify {
        /// The backup
        folder: PathBuf,
    },
}

#[derive(ClapArgs)]
pub(crate) struct RestoreArgs {
    /// The backup
    pub(crate) folder: PathBuf,
    /// The new data folder
    #[arg(long, env = "ZENTRA_DATA", default_value = "zentra-data")]
    pub(crate) data: PathBuf,
    /// The master key of the deployment, which no backup holds; it is copied into the folder
    #[arg(long)]
    pub(crate) master_key: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub(crate) struct SchemasArgs {
    /// The folder to write to
    #[arg(long)]
    pub(crate) dir: PathBuf,
}

#[derive(ClapArgs)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// Automatic intents, in batches or one a request, against a server process of its own
    Ledger(LedgerBenchArgs),
    /// The same, and beside it what bounds it on this machine: HTTP, syncs and a hash table
    Ceiling(LedgerBenchArgs),
}

#[derive(ClapArgs)]
pub(crate) struct LedgerBenchArgs {
    /// How many intents; each is two transfers
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) transfers: u64,
    /// How many accounts they are between; 2 for a hot pair
    #[arg(long, default_value_t = 10_000)]
    pub(crate) accounts: u64,
    /// Intents in one batch
    #[arg(long, default_value_t = 8_189)]
    pub(crate) batch: u64,
    /// How many connections at once
    #[arg(long, default_value_t = 4)]
    pub(crate) connections: u64,
    /// How ids are chosen
    #[arg(long, value_enum, default_value_t = Ids::Random)]
    pub(crate) ids: Ids,
    /// One intent a request, in JSON, by the accounts' codes
    #[arg(long)]
    pub(crate) single: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep the data folder here instead of a temporary one
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
}

/// How ids are chosen.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum Ids {
    Random,
    Sequential,
}
