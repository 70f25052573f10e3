//! Copying bytes between files, with their sum.
//!
//! Owns buffers. Must not open a file: all are opened as those of a data folder are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes that are read at once; few where tests cut a copy off after any of them.
const CHUNK_BYTES: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// Is called before every change of a backup's folder, and ends the work by an error.
pub(crate) type Step<'a> = dyn FnMut() -> io::Result<()> + 'a;

/// The sum of the first `bytes` of a file; an error of the kind `UnexpectedEof` when it has fewer.
pub(crate) fn sum(file: &mut File, bytes: u64) -> io::Result<blake3::Hasher> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    transfer(file, bytes, &mut |piece| {
        hasher.update(piece);
        Ok(())
    })?;
    Ok(hasher)
}

/// Copies the bytes from `from` on up to `to` into the same place of another file, and adds them
/// to a sum; a step before each few.
pub(crate) fn copy(
    source: &mut File,
    target: &mut File,
    (from, to): (u64, u64),
    hasher: &mut blake3::Hasher,
    step: &mut Step,
) -> io::Result<()> {
    source.seek(SeekFrom::Start(from))?;
    target.seek(SeekFrom::Start(from))?;
    transfer(source, to.saturating_sub(from), &mut |piece| {
        step()?;
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
