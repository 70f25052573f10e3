//! The mark: how far the log was when something of it was published.
//!
//! A checkpoint that was shown must stay true. So before one is shown, and every second while the
//! log grows, the end of the log is written beside the log, and a log that ends before it, or is
//! another there, is refused: a smaller or different head is never signed. Owns the file
//! `durable.mark`: magic `ZMARK001`, next position u64, the log's chain value before it (32 bytes),
//! BLAKE3 of these keyed with a key of the deployment (32 bytes). Must not know what was published.

use crate::folder::DataFolder;
use crate::open_folder::{FolderPart, io_error};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use zentra_events::Position;
use zentra_keyring::Keyring;

/// Its file, and the one beside it that takes its name.
pub(crate) const FILE: &str = "durable.mark";
const BESIDE: &str = "durable.mark.new";
const MAGIC: &[u8; 8] = b"ZMARK001";
const BODY_BYTES: usize = 8 + 8 + 32;
const MARK_BYTES: usize = BODY_BYTES + 32;

/// An end that the log had when something of it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The position after the last entry.
    pub next: Position,
    /// The chain value there.
    pub chain: [u8; 32],
}

impl Mark {
    /// The mark of a data folder; none when it has none. With a key, one that was not written with
    /// it counts for nothing; without, it is not told who wrote it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(folder: &DataFolder, keyring: Option<&Keyring>) -> io::Result<Option<Mark>> {
        let Some(root) = folder.to_read(FolderPart::Root).map_err(io_error)? else {
            return Ok(None);
        };
        let file = match root.open(FILE) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if file.len_bytes()? > MARK_BYTES as u64 {
            let wrong = format!("it has more than {MARK_BYTES} bytes");
            return Err(io::Error::new(ErrorKind::InvalidData, wrong));
        }
        let mut bytes = [0; MARK_BYTES];
        let read = file.read_at(0, &mut bytes)?;
        let mark = decode(&bytes[..read], keyring);
        if mark.is_none() {
            let path = folder.mark();
            let path = path.display();
            tracing::warn!(%path, "the mark is damaged, or not of this deployment; it is not used");
        }
        Ok(mark)
    }

    fn encode(&self, keyring: &Keyring) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MARK_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.next.get().to_le_bytes());
        bytes.extend_from_slice(&self.chain);
        let sum = blake3::keyed_hash(&keyring.mark_key(), &bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes
    }
}

fn decode(bytes: &[u8], keyring: Option<&Keyring>) -> Option<Mark> {
    let bytes: &[u8; MARK_BYTES] = bytes.try_into().ok()?;
    let (body, sum) = bytes.split_first_chunk::<BODY_BYTES>()?;
    let written = blake3::Hash::from_slice(sum).ok()?;
    if keyring.is_some_and(|keyring| blake3::keyed_hash(&keyring.mark_key(), body) != written) {
        return None;
    }
    let (magic, rest) = body.split_first_chunk::<8>()?;
    let (next, chain) = rest.split_first_chunk::<8>()?;
    (magic == MAGIC).then_some(())?;
    Some(Mark { next: Position(u64::from_le_bytes(*next)), chain: chain.try_into().ok()? })
}

/// Writes the mark of a data folder.
pub struct Marker {
    folder: DataFolder,
    keyring: Arc<Keyring>,
    written: Mutex<Position>,
}

impl Marker {
    /// The marker of a data folder.
    pub fn new(folder: DataFolder, keyring: Arc<Keyring>) -> Marker {
        Marker { folder, keyring, written: Mutex::new(Position::ZERO) }
    }

    /// Writes a mark, durably, unless a later one was written.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, mark: &Mark) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written >= mark.next {
            return Ok(());
        }
        let root = self.folder.to_write(FolderPart::Root).map_err(io_error)?;
        // Whatever cuts this off leaves the name with the old mark or with the new one.
        let file = root.create(BESIDE, 0)?;
        file.write_at(0, &mark.encode(&self.keyring))?;
        file.sync_data()?;
        root.rename(BESIDE, FILE)?;
        root.sync_dir()?;
        *written = mark.next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_mark_counts_only_for_the_deployment_that_wrote_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(root.path());
        let (ours, other) = (Arc::new(Keyring::from_key([1; 32])), Keyring::from_key([2; 32]));
        assert_eq!(Mark::read(&folder, Some(&ours)).unwrap(), None);
        let marker = Marker::new(folder.clone(), Arc::clone(&ours));
        let mark = |next| Mark { next: Position(next), chain: [next as u8; 32] };
        for next in [3, 9, 5] {
            marker.write(&mark(next)).unwrap();
        }
        assert_eq!(Mark::read(&folder, Some(&ours)).unwrap(), Some(mark(9)));
        assert_eq!(Mark::read(&folder, None).unwrap(), Some(mark(9)));
        assert_eq!(Mark::read(&folder, Some(&other)).unwrap(), None);
        let bytes = fs::read(folder.mark()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(folder.mark(), changed).unwrap();
            assert_eq!(Mark::read(&folder, Some(&ours)).unwrap(), None, "byte {at}");
        }
        fs::write(folder.mark(), vec![0; 1 << 20]).unwrap();
        assert!(Mark::read(&folder, Some(&ours)).is_err());
    }
}
