//! `zentra schemas`: writes what is generated from the code, for the check against drift.

use crate::args::SchemasArgs;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use zentra_api as api;
use zentra_events::{Code, schema::event_schemas};
use zentra_server::config::{example_file, schema};

pub(crate) fn run(args: &SchemasArgs) -> Result<ExitCode> {
    let events = args.dir.join("events");
    std::fs::create_dir_all(&events).with_context(|| format!("making {}", events.display()))?;
    for (name, schema) in event_schemas() {
        write(&events.join(name), &schema)?;
    }
    write(&args.dir.join("config.schema.json"), &schema())?;
    let example = args.dir.join("zentra.toml");
    std::fs::write(&example, example_file())
        .with_context(|| format!("writing {}", example.display()))?;
    write(&args.dir.join("openapi.json"), &api::openapi())?;
    let codes: Vec<Value> = Code::ALL
        .iter()
        .map(|code| {
            let status = api::status_of(*code).as_u16();
            json!({ "code": code.as_str(), "title": code.title(), "status": status })
        })
        .collect();
    write(&args.dir.join("problem-codes.json"), &Value::Array(codes))?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
