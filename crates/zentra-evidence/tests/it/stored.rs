//! The golden entries of the contract, as stored, and names for their dense numbers.
//!
//! Owns the reading of fixtures/events and where the leaf fixtures are. Shared with the example
//! that writes them.

use std::fs;
use std::path::PathBuf;
use zentra_events::codec::CODEC;
use zentra_events::frame::decode_entry;
use zentra_events::{AccountNo, ActorNo, Entry, Names, Position, ScopeNo};
use zentra_evidence::{entry_hash, render_leaf};

/// An entry of fixtures/events with its stored bytes.
pub(crate) struct Stored {
    /// The fixture's name.
    pub(crate) name: String,
    /// The entry.
    pub(crate) entry: Entry,
    /// The hash that names its stored bytes.
    pub(crate) hash: [u8; 32],
}

impl Stored {
    /// Its leaf.
    pub(crate) fn leaf(&self) -> String {
        render_leaf(&self.entry, &self.hash, &SampleNames).unwrap()
    }
}

/// Every golden entry, sorted by name.
pub(crate) fn stored_entries() -> Vec<Stored> {
    let files = fs::read_dir(fixtures().join("events")).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "hex"));
    paths.sort();
    let read = paths.iter().map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let parts: Vec<Vec<u8>> = text
            .lines()
            .map(|line| data_encoding::HEXLOWER.decode(line.as_bytes()).unwrap())
            .collect();
        let entry = decode_entry(CODEC, Position(1_000), &parts[0], &parts[1]).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Stored { name, entry, hash: entry_hash(&parts[0], &parts[1]) }
    });
    read.collect()
}

/// The folder of all fixtures.
pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Names for the dense numbers of the golden entries.
pub(crate) struct SampleNames;

impl Names for SampleNames {
    fn scope(&self, scope: ScopeNo) -> Option<String> {
        (scope.0 == 3).then(|| "acme".to_owned())
    }
    fn actor(&self, actor: ActorNo) -> Option<String> {
        (actor.0 == 5).then(|| "ops@acme".to_owned())
    }
    fn account(&self, account: AccountNo) -> Option<String> {
        (account.0 < 100).then(|| format!("account:{}", account.0))
    }
}
