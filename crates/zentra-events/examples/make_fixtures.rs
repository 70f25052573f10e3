//! Writes the golden fixtures: every sample event into `fixtures/events`, a frame into
//! `fixtures/frames`.
//!
//! Run it after adding an event type or a sample: `cargo run -p zentra-events --example
//! make_fixtures`. A change to an existing file is a change of the format and needs a new version
//! of the event instead.

#[expect(clippy::unwrap_used, reason = "the samples are shared with the tests")]
#[path = "../tests/it/samples.rs"]
mod samples;

#[expect(clippy::unwrap_used, reason = "the golden frame is shared with the tests")]
#[path = "../tests/it/golden_frame.rs"]
mod golden_frame;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use zentra_events::frame_builder::frame_of;

fn main() -> io::Result<()> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    events(&fixtures.join("events"))?;
    let frames = fixtures.join("frames");
    fs::create_dir_all(&frames)?;
    fs::write(
        frames.join("frame.v1.hex"),
        golden_frame::fixture_text(&golden_frame::golden_frame()),
    )
}

fn events(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for sample in samples::samples() {
        let frame = frame_of([&sample.entry]).map_err(io::Error::other)?;
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let stored = format!("{}\n{}\n", hex(&frame.shared), hex(&frame.payloads));
        let json = serde_json::to_string_pretty(&sample.entry.events()[0].event)? + "\n";
        fs::write(folder.join(format!("{}.hex", sample.name)), stored)?;
        fs::write(folder.join(format!("{}.json", sample.name)), json)?;
    }
    Ok(())
}
