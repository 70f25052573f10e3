//! Copying bytes between files, with their sum.
//!
//! Owns buffers and modes: what is made is for its owner only, and no link is followed.

use rustix::fs::OFlags;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// A file for writing from its start: made where it is missing, emptied where it is not.
pub(super) fn create(path: &Path) -> io::Result<File> {
    open_for_writing(path, true)
}

/// A file for writing on: made where it is missing, kept as it is where it is not.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    open_for_writing(path, false)
}

fn open_for_writing(path: &Path, empty: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(empty).mode(0o600);
    options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)
}

/// A file for reading; a link is not followed.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)
}

/// Makes a folder for its owner only, and those above it.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The sum of the first `bytes` of a file; an error of the kind `UnexpectedEof` when it has fewer.
pub(super) fn sum(file: &mut File, bytes: u64) -> io::Result<blake3::Hasher> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    transfer(file, bytes, &mut |piece| {
        hasher.update(piece);
        Ok(())
    })?;
    Ok(hasher)
}

/// Copies the bytes from `from` on up to `to` into the same place of another file, and adds them
/// to a sum.
pub(super) fn copy(
    source: &mut File,
    target: &mut File,
    (from, to): (u64, u64),
    hasher: &mut blake3::Hasher,
) -> io::Result<()> {
    source.seek(SeekFrom::Start(from))?;
    target.seek(SeekFrom::Start(from))?;
    transfer(source, to.saturating_sub(from), &mut |piece| {
        hasher.update(piece);
        target.write_all(piece)
    })
}

fn transfer(
    source: &mut File,
    bytes: u64,
    take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        source.read_exact(&mut buffer[..wanted])?;
        take(&buffer[..wanted])?;
        left -= wanted as u64;
    }
    Ok(())
}
