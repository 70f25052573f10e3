//! Starting the demo's server and consumer, running the flow, and ending.

use crate::args::{DemoArgs, Role};
use crate::cmd::key;
use crate::cmd::serve::fatal;
use crate::demo::flow::{self, Findings};
use crate::demo::receiver::Receiver;
use crate::demo::show;
use crate::output::{init_logs, put, say};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zentra_env::Env;
use zentra_server::config::{Config, LogFormat};
use zentra_server::server;

pub(crate) fn run(env: &Env, args: &DemoArgs) -> Result<ExitCode> {
    init_logs(LogFormat::Text, "warn")?;
    let (_temporary, data) = folder(args.data.as_deref())?;
    let scope_key = key::create(env, &data, flow::SCOPE, flow::ACTOR, &[Role::Admin], "the demo")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = Config {
            data: data.clone(),
            listen: args.listen,
            allow_address: vec!["127.0.0.0/8".parse().context("a fixed network")?],
            seal_after_ms: 50,
            ..Config::default()
        };
        let server = server::start(env, &config, fatal(), |_| Ok(())).await?;
        let receiver = Receiver::start(env).await?;
        let told = flow::run(&server, &receiver, &scope_key, &data).await?;
        let passed = report(&told, args.json)?;
        if !args.exit {
            eprintln!("serving on at http://{} with the key {scope_key}", server.address());
            eprintln!("data in {}; end with ctrl-c", data.display());
            tokio::signal::ctrl_c().await?;
        }
        server.stop().await?;
        receiver.stop();
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

fn report(told: &Findings, as_json: bool) -> Result<bool> {
    if as_json {
        say!("{}", serde_json::to_string_pretty(&show::as_json(told))?)?;
    } else {
        put(&show::as_text(told)?)?;
    }
    Ok(told.checks.failed().is_empty())
}

fn folder(named: Option<&Path>) -> Result<(Option<tempfile::TempDir>, PathBuf)> {
    match named {
        Some(path) => {
            if path.join("log").exists() {
                bail!("{} holds a log already; the demo begins with an empty one", path.display());
            }
            Ok((None, path.to_owned()))
        }
        None => {
            let temporary = tempfile::tempdir()?;
            let path = temporary.path().join("data");
            Ok((Some(temporary), path))
        }
    }
}
