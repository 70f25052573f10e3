//! How the value of a setting is read, from text and from a file, and what is none.
//!
//! Flags and variables are texts, a file has types; both end in the same value. Owns what each form
//! refuses. Must not know single settings.

use crate::quota_limits::QuotaLimits;
use ipnet::IpNet;
use serde_json::{Map, Value};
use std::net::SocketAddr;

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A file or folder.
    Path,
    /// An address and a port.
    Address,
    /// Networks; in text by commas.
    Networks,
    /// A whole number from the first to the second, both included.
    Number(u64, u64),
    /// On or off.
    Switch,
    /// Limits by names of quotas; in text `name=limit` by commas.
    Quotas,
    /// One of these words.
    Word(&'static [&'static str]),
    /// What `tracing` takes as a filter.
    Filter,
}

impl Form {
    /// What stands for the value in a flag's help.
    pub fn placeholder(self) -> String {
        match self {
            Form::Path => "PATH".to_owned(),
            Form::Address => "ADDRESS:PORT".to_owned(),
            Form::Networks => "NETWORK,...".to_owned(),
            Form::Number(..) => "NUMBER".to_owned(),
            Form::Switch => "true|false".to_owned(),
            Form::Quotas => "NAME=LIMIT,...".to_owned(),
            Form::Word(words) => words.join("|"),
            Form::Filter => "FILTER".to_owned(),
        }
    }

    /// Whether more than one value may be given.
    pub fn is_list(self) -> bool {
        matches!(self, Form::Networks | Form::Quotas)
    }

    /// The value that a text means.
    ///
    /// # Errors
    /// When it means none.
    pub fn read(self, text: &str) -> Result<Value, String> {
        let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let value = match self {
            Form::Number(..) => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.then(|| text.parse::<u64>().ok()).flatten();
                Value::from(number.ok_or_else(|| self.expected())?)
            }
            Form::Switch => match text {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(self.expected()),
            },
            Form::Networks => parts().map(Value::from).collect(),
            Form::Quotas => Value::Object(quotas(parts())?),
            Form::Path | Form::Address | Form::Word(_) | Form::Filter => Value::from(text),
        };
        self.check(value)
    }

    /// The value itself, if it is one of this form.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(self, value: Value) -> Result<Value, String> {
        let text = value.as_str();
        let fits = match self {
            Form::Path => text.is_some_and(|text| !text.is_empty() && !text.contains('\0')),
            Form::Address => text.is_some_and(|text| text.parse::<SocketAddr>().is_ok()),
            Form::Networks => value.as_array().is_some_and(|networks| {
                let network = |one: &Value| one.as_str().map(str::parse::<IpNet>);
                networks.iter().all(|one| network(one).is_some_and(|parsed| parsed.is_ok()))
            }),
            Form::Number(least, most) => {
                value.as_u64().is_some_and(|number| (least..=most).contains(&number))
            }
            Form::Switch => value.is_boolean(),
            Form::Quotas => {
                return match serde_json::from_value::<QuotaLimits>(value.clone()) {
                    Ok(_) => Ok(value),
                    Err(error) => Err(error.to_string()),
                };
            }
            Form::Word(words) => text.is_some_and(|text| words.contains(&text)),
            Form::Filter => return filter(value),
        };
        if fits { Ok(value) } else { Err(self.expected()) }
    }

    fn expected(self) -> String {
        match self {
            Form::Path => "expected a path".to_owned(),
            Form::Address => "expected an address and a port, as 127.0.0.1:7717".to_owned(),
            Form::Networks => "expected networks, as 127.0.0.0/8 or fd00::/8".to_owned(),
            Form::Number(least, u64::MAX) => format!("expected a number of at least {least}"),
            Form::Number(least, most) => format!("expected a number from {least} to {most}"),
            Form::Switch => "expected true or false".to_owned(),
            Form::Quotas => "expected limits by names of quotas".to_owned(),
            Form::Word(words) => format!("expected {}", words.join(" or ")),
            Form::Filter => "expected a filter, as info or info,zentra=debug".to_owned(),
        }
    }
}

fn quotas<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Map<String, Value>, String> {
    let mut limits = Map::new();
    for part in parts {
        let (name, limit) = quota(part)?;
        if limits.contains_key(&name) {
            return Err(format!("the quota {name} is given twice"));
        }
        limits.insert(name, limit);
    }
    Ok(limits)
}

fn quota(text: &str) -> Result<(String, Value), String> {
    let (name, limit) = text.split_once('=').ok_or("expected name=limit")?;
    let limit = limit.trim().parse::<u64>();
    let limit = limit.map_err(|_| format!("the limit of {} is not a number", name.trim()))?;
    Ok((name.trim().to_owned(), Value::from(limit)))
}

/// A list of levels, alone or of a target. A lone word that is no level would be taken for a target
/// of which everything is logged, and is rather a level that was mistyped.
fn filter(value: Value) -> Result<Value, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |text: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text));
    let text = value.as_str().ok_or_else(|| Form::Filter.expected())?;
    for directive in text.split(',').map(str::trim) {
        let (target, level) = match directive.rsplit_once('=') {
            Some((target, level)) => (target, level),
            None => ("", directive),
        };
        if !is_level(level) {
            let levels = LEVELS.join(", ");
            return Err(format!("{level:?} is not a level; there are {levels}"));
        }
        if directive.contains('=') && target.is_empty() {
            return Err(format!("{directive:?} names no target"));
        }
    }
    Ok(value)
}
