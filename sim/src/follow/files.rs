//! The folder of a run: real files.
//!
//! Owns what becomes of files at rest: lost, older ones put back, the end of what was written cut.

use crate::random::Random;
use crate::temporary::Place;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where a file is looked at to find where what was written ends: the rest are zeros.
const PIECE_BYTES: usize = 16 * 1024;

/// A folder that goes with its run.
pub(crate) struct Files {
    root: TempDir,
}

impl Files {
    /// An empty one.
    pub(crate) fn new() -> Files {
        Files { root: Place::Memory.folder() }
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A copy of a part of it, which is put back later.
    pub(crate) fn keep(&self, part: &str) -> io::Result<()> {
        let (from, to) = (self.root().join(part), self.kept(part));
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        if from.exists() { copy(&from, &to) } else { Ok(()) }
    }

    /// Puts the copy in the place of a part; false when there is none.
    pub(crate) fn put_back(&self, part: &str) -> io::Result<bool> {
        let kept = self.kept(part);
        if !kept.exists() {
            return Ok(false);
        }
        self.lose(part)?;
        fs::rename(kept, self.root().join(part))?;
        Ok(true)
    }

    /// Puts what another run left in the place of a part; false when it left nothing.
    pub(crate) fn put_from(&self, other: &Files, part: &str) -> io::Result<bool> {
        let strange = other.root().join(part);
        if !strange.exists() {
            return Ok(false);
        }
        self.lose(part)?;
        copy(&strange, &self.root().join(part)).map(|()| true)
    }

    /// A part of it is gone.
    pub(crate) fn lose(&self, part: &str) -> io::Result<()> {
        let lost = self.root().join(part);
        if lost.exists() { fs::remove_dir_all(lost) } else { Ok(()) }
    }

    /// Of what was written to the journal of a part, the end is gone.
    pub(crate) fn cut(&self, part: &str, random: &mut Random) -> io::Result<bool> {
        let Some(journal) = journal(&self.root().join(part))? else { return Ok(false) };
        let len = fs::metadata(&journal)?.len();
        let written = written(&journal)?;
        let end = written.len() - random.magnitude(1, 4_096).min(written.len() as u64) as usize;
        let mut file = File::create(&journal)?;
        file.write_all(&written[..end])?;
        file.set_len(len)?;
        Ok(true)
    }

    fn kept(&self, part: &str) -> PathBuf {
        self.root().join(format!("kept-{part}"))
    }
}

/// The newest journal of a store.
fn journal(store: &Path) -> io::Result<Option<PathBuf>> {
    if !store.exists() {
        return Ok(None);
    }
    let mut journals = Vec::new();
    for item in fs::read_dir(store)? {
        let path = item?.path();
        if path.extension().is_some_and(|ending| ending == "jnl") {
            journals.push(path);
        }
    }
    Ok(journals.into_iter().max())
}

/// What was written to a file that is longer than that.
fn written(path: &Path) -> io::Result<Vec<u8>> {
    let (mut file, mut bytes) = (File::open(path)?, Vec::new());
    loop {
        let before = bytes.len();
        (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
        let piece = &bytes[before..];
        if piece.iter().all(|byte| *byte == 0) {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(end);
            return Ok(bytes);
        }
    }
}

/// Copies a folder; files keep their lengths, and what is zero in them takes no place.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let (path, copied) = (item.path(), to.join(item.file_name()));
        if item.file_type()?.is_dir() {
            copy(&path, &copied)?;
            continue;
        }
        let mut file = File::create(copied)?;
        file.write_all(&written(&path)?)?;
        file.set_len(item.metadata()?.len())?;
    }
    Ok(())
}
