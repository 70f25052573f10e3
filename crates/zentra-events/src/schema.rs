//! How stored bytes are shown in JSON, and the JSON Schemas of every event version.
//!
//! Owns two ways of showing bytes: hexadecimal, and not at all. Must not show a secret.

use data_encoding::HEXLOWER;
use serde::Serializer;

/// Shows bytes as lower-case hexadecimal.
pub fn hex<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&HEXLOWER.encode(bytes.as_ref()))
}

/// Shows that there is something, never what.
pub fn redacted<S: Serializer>(_: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("(sealed)")
}

/// The JSON Schema of each event version, by file name (`<type>.v<N>.json`), sorted.
pub fn event_schemas() -> Vec<(String, serde_json::Value)> {
    let mut schemas: Vec<_> = crate::event::event_types()
        .into_iter()
        .map(|(_, name, version, schema)| (format!("{name}.v{version}.json"), schema.to_value()))
        .collect();
    schemas.sort_by(|a, b| a.0.cmp(&b.0));
    schemas
}
