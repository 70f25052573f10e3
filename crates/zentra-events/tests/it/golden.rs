//! The stored bytes and the JSON of every sample are those of the fixtures, for ever.

use crate::samples::samples;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use zentra_events::codec::CODEC;
use zentra_events::event::event_types;
use zentra_events::frame::decode_entry;
use zentra_events::frame_builder::frame_of;

#[test]
fn every_event_type_has_a_sample() {
    let sampled: BTreeSet<u16> =
        samples().iter().map(|sample| sample.entry.events()[0].event.tag()).collect();
    for (tag, name, version, _) in event_types() {
        assert!(sampled.contains(&tag), "{name} version {version} (tag {tag}) has no sample");
    }
}

#[test]
fn sample_names_are_unique() {
    let names: BTreeSet<String> = samples().into_iter().map(|sample| sample.name).collect();
    assert_eq!(names.len(), samples().len());
}

#[test]
fn stored_bytes_are_golden() {
    for sample in samples() {
        let frame = frame_of([&sample.entry]).unwrap();
        let golden = fixture(&sample.name, "hex");
        let (shared, payload) = golden.trim_end().split_once('\n').unwrap();
        assert_eq!(hex(&frame.shared), shared, "{}: shared bytes changed", sample.name);
        assert_eq!(hex(&frame.payloads), payload, "{}: payload changed", sample.name);
    }
}

#[test]
fn stored_fixtures_still_open() {
    for sample in samples() {
        let golden = fixture(&sample.name, "hex");
        let parts: Vec<Vec<u8>> = golden.lines().map(unhex).collect();
        let decoded = decode_entry(CODEC, sample.entry.header.position, &parts[0], &parts[1]);
        assert_eq!(decoded.unwrap(), sample.entry, "{}", sample.name);
    }
}

#[test]
fn json_is_golden() {
    for sample in samples() {
        let json = serde_json::to_string_pretty(&sample.entry.events()[0].event).unwrap() + "\n";
        assert_eq!(json, fixture(&sample.name, "json"), "{}: JSON changed", sample.name);
    }
}

#[test]
fn no_fixture_is_left_over() {
    let names: BTreeSet<String> = samples().into_iter().map(|sample| sample.name).collect();
    for file in fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let (stem, ending) = file.rsplit_once('.').unwrap();
        assert!(names.contains(stem), "{file} belongs to no sample");
        assert!(matches!(ending, "hex" | "json"), "{file}");
    }
}

#[test]
fn sealed_secrets_are_never_shown() {
    for sample in samples() {
        let json = fixture(&sample.name, "json");
        assert!(!json.contains("sealed secret bytes"), "{}", sample.name);
        assert!(!json.contains(&hex(b"sealed secret bytes")), "{}", sample.name);
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/events")
}

fn fixture(name: &str, ending: &str) -> String {
    let path = folder().join(format!("{name}.{ending}"));
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo run -p zentra-events --example make_fixtures`", path.display())
    })
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn unhex(line: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(line.as_bytes()).unwrap()
}
