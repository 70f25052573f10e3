//! Putting the layers together: defaults, then a TOML file, then the environment, then flags.
//!
//! Owns their order and whose mistakes are fatal. A wrong value always is. An unknown line of the
//! file is, too: somebody wrote it for us. An unknown variable is not: `ZENTRA_PORT` and its like
//! are put there by others, as by Kubernetes for a service of that name.

use crate::config::error::ConfigError;
use crate::config::settings::Config;
use crate::config::table::{SETTINGS, Setting};
use serde_json::{Map, Value};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// What variables of ours begin with.
const PREFIX: &str = "ZENTRA_";
/// Variables of ours that are not settings: the file itself.
const OTHERS: [&str; 1] = ["ZENTRA_CONFIG"];

/// A configuration, and what was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Variables that look like ours and are no settings.
    pub unknown_variables: Vec<String>,
}

/// Puts the layers together. `variables` are those of the process; `flags` are names of settings
/// with what was given on the command line.
///
/// # Errors
/// When the file cannot be read or has an unknown line, or any layer has a wrong value.
pub fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    flags: &[(&str, String)],
) -> Result<Loaded, ConfigError> {
    let mut values = match serde_json::to_value(Config::default()) {
        Ok(Value::Object(values)) => values,
        _ => unreachable!("a configuration is a table of settings"),
    };
    if let Some(path) = file {
        of_file(path, &mut values)?;
    }
    let mut unknown_variables = Vec::new();
    for (name, value) in variables {
        of_variable(&name, &value, &mut values, &mut unknown_variables)?;
    }
    for (name, text) in flags {
        let setting = SETTINGS.iter().find(|setting| setting.name == *name);
        let setting = setting.expect("flags are made from the settings");
        let given = || format!("{} {text}", setting.flag());
        put(&mut values, setting, setting.form.read(text), given)?;
    }
    unknown_variables.sort();
    let config = serde_json::from_value::<Config>(Value::Object(values));
    let config = config.map_err(|error| ConfigError::Together(error.to_string()))?;
    Ok(Loaded { config, unknown_variables })
}

fn of_file(path: &Path, values: &mut Map<String, Value>) -> Result<(), ConfigError> {
    let failed = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let table = text.parse::<toml::Table>().map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count()) + 1;
        failed(format!("line {line}: {}", error.message()))
    })?;
    for (name, value) in table {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            return Err(ConfigError::Unknown { path: path.to_owned(), name });
        };
        let given = || format!("{}: {name} = {value}", path.display());
        // What JSON has no form for is no value of a setting.
        let plain = serde_json::to_value(&value).unwrap_or_default();
        put(values, setting, setting.form.check(plain), given)?;
    }
    Ok(())
}

fn of_variable(
    name: &OsStr,
    value: &OsStr,
    values: &mut Map<String, Value>,
    unknown: &mut Vec<String>,
) -> Result<(), ConfigError> {
    let name = name.to_string_lossy();
    if !name.starts_with(PREFIX) || OTHERS.contains(&name.as_ref()) {
        return Ok(());
    }
    let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) else {
        unknown.push(name.into_owned());
        return Ok(());
    };
    let shown = value.to_string_lossy();
    let read = match value.to_str() {
        Some(text) => setting.form.read(text),
        None => Err("the value is not UTF-8".to_owned()),
    };
    put(values, setting, read, || format!("{name}={shown}"))
}

/// Sets a value over the one of the layer below. Limits of quotas add to each other.
fn put(
    values: &mut Map<String, Value>,
    setting: &Setting,
    value: Result<Value, String>,
    given: impl Fn() -> String,
) -> Result<(), ConfigError> {
    let value = value.map_err(|reason| ConfigError::Value { given: given(), reason })?;
    match (values.get_mut(setting.name), value) {
        (Some(Value::Object(below)), Value::Object(above)) => below.extend(above),
        (_, value) => {
            values.insert(setting.name.to_owned(), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
