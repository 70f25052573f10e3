//! The meta file of a folder: read, or written when the log is made.

use crate::error::{Corruption, Fault, RecoverError};
use crate::layout::meta::MetaFault;
use crate::layout::{Identity, META_BYTES};
use crate::storage::Storage;
use std::io::ErrorKind;
use zentra_events::Position;

/// The meta file's name.
pub(crate) const META: &str = "meta";

/// Whose log the folder holds; none when it has no meta file, or one that a crash cut off while the
/// log was being made.
pub(crate) fn read(
    storage: &dyn Storage,
    has_segments: bool,
) -> Result<Option<Identity>, RecoverError> {
    let failed = |source| RecoverError::Io { operation: "reading", file: META.to_owned(), source };
    let damaged = || {
        let (segment, position) = (META.to_owned(), Position::ZERO);
        RecoverError::Corrupt(Corruption { segment, offset: 0, position, fault: Fault::Meta })
    };
    let file = match storage.open(META) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound && has_segments => return Err(damaged()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = [0; META_BYTES + 1];
    let read = file.read_at(0, &mut bytes).map_err(failed)?;
    match Identity::decode(&bytes[..read]) {
        Ok(identity) => Ok(Some(identity)),
        Err(MetaFault::Version(found)) => Err(RecoverError::UnsupportedVersion { found }),
        Err(MetaFault::Damaged) if has_segments => Err(damaged()),
        Err(MetaFault::Damaged) => Ok(None),
    }
}

/// Writes the meta file, durably.
pub(crate) fn write(storage: &dyn Storage, identity: Identity) -> Result<(), RecoverError> {
    let failed = |source| RecoverError::Io { operation: "writing", file: META.to_owned(), source };
    let file = storage.create(META, META_BYTES as u64).map_err(failed)?;
    file.write_at(0, &identity.encode()).map_err(failed)?;
    file.sync_data().map_err(failed)?;
    storage.sync_dir().map_err(failed)
}
