//! Every setting: its name, what it takes, and how it is shown.
//!
//! A flag, a variable and a line of the file follow from the name; what it means and its default
//! are those of [`Config`]. A test holds the two against each other, so that no setting lacks one.
//! Must not know layers.

use crate::config::form::Form;
use crate::config::settings::Config;
use serde_json::Value;
use std::fmt::Write;

const MIB: u64 = 1024 * 1024;
/// The longest of waits: a day.
const MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name: that of its line in the file.
    pub name: &'static str,
    /// What it takes.
    pub form: Form,
    /// How a default is told that is no fixed value, and an example of a value.
    default: Option<(&'static str, &'static str)>,
}

const fn setting(name: &'static str, form: Form) -> Setting {
    Setting { name, form, default: None }
}

const fn computed(
    name: &'static str,
    form: Form,
    told: &'static str,
    example: &'static str,
) -> Setting {
    Setting { name, form, default: Some((told, example)) }
}

/// Every setting, in the order of [`Config`].
pub const SETTINGS: &[Setting] = &[
    setting("data", Form::Path),
    setting("listen", Form::Address),
    computed("ready_file", Form::Path, "none", "\"/run/zentra/ready\""),
    setting("allow_address", Form::Networks),
    setting("inbox_max", Form::Number(1, 1 << 20)),
    setting("attempts_max", Form::Number(3, 1 << 16)),
    setting("segment_bytes", Form::Number(4_096, 1 << 40)),
    setting("seal_after_ms", Form::Number(0, MS_MAX)),
    setting("seal_entries", Form::Number(1, 1 << 32)),
    setting("snapshot_entries", Form::Number(0, u64::MAX)),
    computed(
        "state_bytes_max",
        Form::Number(MIB, u64::MAX),
        "three quarters of the machine's memory",
        "12884901888",
    ),
    // A single command counts up to three times its 1 MiB, and a scope has half of it all.
    setting("bodies_bytes_max", Form::Number(8 * MIB, u64::MAX)),
    setting("connections_max", Form::Number(1, 1 << 20)),
    computed("connections_per_address_max", Form::Number(1, 1 << 20), "connections_max", "4096"),
    setting("head_timeout_ms", Form::Number(1, MS_MAX)),
    setting("body_timeout_ms", Form::Number(1, MS_MAX)),
    setting("idle_timeout_ms", Form::Number(1, MS_MAX)),
    setting("write_timeout_ms", Form::Number(1, MS_MAX)),
    setting("drain_timeout_ms", Form::Number(0, MS_MAX)),
    setting("h2c", Form::Switch),
    setting("endpoint_challenge", Form::Switch),
    setting("quotas", Form::Quotas),
    setting("disk_free_min_bytes", Form::Number(0, u64::MAX)),
    setting("read_only", Form::Switch),
    setting("log_format", Form::Word(&["text", "json"])),
    setting("log_filter", Form::Filter),
];

impl Setting {
    /// Its flag, as `--inbox-max`.
    pub fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    /// Its variable, as `ZENTRA_INBOX_MAX`.
    pub fn variable(&self) -> String {
        format!("ZENTRA_{}", self.name.to_ascii_uppercase())
    }

    /// Its default in words.
    pub fn default_shown(&self) -> String {
        if let Some((told, _)) = self.default {
            return told.to_owned();
        }
        match default_of(self.name) {
            Value::String(text) => text,
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            Value::Object(items) if items.is_empty() => "none".to_owned(),
            other => other.to_string(),
        }
    }

    /// What it means: one text, as [`Config`] says it.
    pub fn meaning(&self) -> String {
        let schema = schemars::schema_for!(Config).to_value();
        let text = schema["properties"][self.name]["description"].as_str().unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Its line in a file, with its default where that is a fixed value.
    fn line(&self) -> String {
        let value = match (self.default, default_of(self.name)) {
            (Some((_, example)), _) => example.to_owned(),
            (None, Value::Object(_)) => "{}".to_owned(),
            (None, value) => value.to_string(),
        };
        format!("{} = {value}", self.name)
    }
}

/// A file with every setting as a comment: its meaning, its flag and variable, and its default.
pub fn example_file() -> String {
    let mut file = String::from(
        "# Every setting of `zentra serve`, with its default. Flags win over variables, those\n\
         # over this file, and this file over the defaults.\n",
    );
    for setting in SETTINGS {
        let (flag, variable) = (setting.flag(), setting.variable());
        let default = setting.default_shown();
        // Writing to a text does not fail.
        let _written = write!(
            file,
            "\n# {}\n# {flag}, {variable}; default: {default}\n#{}\n",
            setting.meaning(),
            setting.line()
        )
        .is_ok();
    }
    file
}

/// The schema of a configuration, with the range of each number.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Config).to_value();
    for setting in SETTINGS {
        if let Form::Number(least, most) = setting.form {
            let property = &mut schema["properties"][setting.name];
            property["minimum"] = Value::from(least);
            if most < u64::MAX {
                property["maximum"] = Value::from(most);
            }
        }
    }
    schema
}

fn default_of(name: &str) -> Value {
    let values = serde_json::to_value(Config::default()).unwrap_or_default();
    values.get(name).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_setting_is_in_the_table_and_the_other_way_round() {
        let values = serde_json::to_value(Config::default()).unwrap();
        let known: BTreeSet<&str> =
            values.as_object().unwrap().keys().map(String::as_str).collect();
        let table: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        assert_eq!(table, known);
        assert_eq!(table.len(), SETTINGS.len(), "each stands there once");
        for setting in SETTINGS {
            assert!(setting.meaning().ends_with('.'), "{}: {}", setting.name, setting.meaning());
            assert!(!setting.default_shown().is_empty(), "{}", setting.name);
            let default = default_of(setting.name);
            if !default.is_null() {
                assert_eq!(setting.form.check(default.clone()), Ok(default), "{}", setting.name);
            }
        }
    }
}
