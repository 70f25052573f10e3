//! The bytes of a snapshot: the projections at one position, checked on the way back.
//!
//! Layout (all integers little-endian): magic `ZSNAP001`, partition u16, next position u64, the
//! log's chain value before that position (32 bytes); the bytes of the projections, one after the
//! other; for each of them name length u32, name, byte length u64, digest (32 bytes); their count
//! u32; last, BLAKE3 of everything but the projections' bytes and itself, keyed with the
//! deployment's snapshot key (32 bytes). So it is written in one pass, and only who has the key can
//! write one that is used. Owns this layout. Must not know files, or where the key is from.

use crate::directory::Directory;
use crate::engine::Engine;
use crate::idempotency::IdempotencyTable;
use crate::meter::Meters;
use crate::rebuild::{PROJECTIONS, projection_digest, projection_hasher};
use crate::space::Space;
use bytes::Bytes;
use std::io;
use std::ops::Range;
use zentra_delivery::Deliveries;
use zentra_events::Position;
use zentra_ledger::Ledger;
use zentra_table::{SectionError, SectionReader};

const MAGIC: &[u8; 8] = b"ZSNAP001";
/// Bytes before the projections.
pub const HEADER_BYTES: usize = 8 + 2 + 8 + 32;
/// Bytes after the projections.
pub const TAIL_BYTES: usize = table_bytes() + 4 + SUM_BYTES;
const SUM_BYTES: usize = 32;

/// The key that authenticates snapshots.
pub type SnapshotKey = [u8; 32];

/// The state at one position. Taking it costs little, whatever the size of the state: it shares
/// what the engine does not change afterwards.
pub struct ReadView(Engine);

/// What a snapshot says of itself: everything but the projections' bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The partition of the log.
    pub partition: u16,
    /// The first position that is not in the snapshot.
    pub next: Position,
    /// The log's chain value over everything before `next`.
    pub chain: [u8; 32],
    /// Name, digest and place in the file of each projection.
    sections: Vec<(&'static str, [u8; 32], Range<usize>)>,
}

/// A snapshot, read and checked, before its sections become an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The partition of the log.
    pub partition: u16,
    /// The first position that is not in the snapshot.
    pub next: Position,
    /// The log's chain value over everything before `next`.
    pub chain: [u8; 32],
    /// Name, digest and bytes of each projection.
    pub sections: Vec<(String, [u8; 32], Bytes)>,
}

/// Why bytes are not a snapshot that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are not of the layout, or were damaged.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
    /// It was not written with the deployment's key, or was changed since.
    #[error("the snapshot was not written with this deployment's master key, or was changed since")]
    NotOurs,
    /// A projection's bytes do not decode.
    #[error("the snapshot's projection {0} does not decode")]
    Projection(&'static str),
}

impl Engine {
    /// The state as it is now.
    pub fn read_view(&mut self) -> ReadView {
        ReadView(Engine {
            partition: self.partition,
            next: self.next,
            last_recorded_at: self.last_recorded_at,
            directory: self.directory.read_view(),
            ledger: self.ledger.read_view(),
            deliveries: self.deliveries.read_view(),
            idempotency: self.idempotency.read_view(),
            seals: self.seals.clone(),
            meters: self.meters.read_view(),
            state_bytes_max: u64::MAX,
            space: Space::Enough,
            checkpoints: Vec::new(),
        })
    }
}

impl ReadView {
    /// The first position that is not in it.
    pub fn next_position(&self) -> Position {
        self.0.next_position()
    }

    /// Name and digest of each projection of this view.
    pub fn digests(&self) -> Vec<(&'static str, [u8; 32])> {
        self.0.digests()
    }

    /// Writes the snapshot of this view. `chain` is the log's chain value before its position.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(
        &self,
        chain: [u8; 32],
        key: &SnapshotKey,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let engine = &self.0;
        let mut frame = Vec::with_capacity(HEADER_BYTES);
        frame.extend_from_slice(MAGIC);
        frame.extend_from_slice(&engine.partition.to_le_bytes());
        frame.extend_from_slice(&engine.next.get().to_le_bytes());
        frame.extend_from_slice(&chain);
        out.write_all(&frame)?;
        for name in PROJECTIONS {
            let mut hasher = projection_hasher(name, engine.next);
            let (mut length, mut written) = (0_u64, Ok(()));
            engine.section(name, &mut |piece| {
                hasher.update(piece);
                length += piece.len() as u64;
                if written.is_ok() {
                    written = out.write_all(piece);
                }
            });
            written?;
            frame.extend_from_slice(&(name.len() as u32).to_le_bytes());
            frame.extend_from_slice(name.as_bytes());
            frame.extend_from_slice(&length.to_le_bytes());
            frame.extend_from_slice(hasher.finalize().as_bytes());
        }
        frame.extend_from_slice(&(PROJECTIONS.len() as u32).to_le_bytes());
        out.write_all(&frame[HEADER_BYTES..])?;
        out.write_all(blake3::keyed_hash(key, &frame).as_bytes())
    }
}

/// The snapshot of an engine whose log has this chain value before the engine's next position.
pub fn encode(engine: &mut Engine, chain: [u8; 32], key: &SnapshotKey) -> Vec<u8> {
    let mut out = Vec::new();
    engine.read_view().write(chain, key, &mut out).expect("writing to memory does not fail");
    out
}

const fn table_bytes() -> usize {
    let (mut bytes, mut at) = (0, 0);
    while at < PROJECTIONS.len() {
        bytes += 4 + PROJECTIONS[at].len() + 8 + 32;
        at += 1;
    }
    bytes
}

/// Reads and checks a snapshot's bytes. Nothing of the projections is copied.
///
/// # Errors
/// When they are not of the layout, any sum differs, or they were written with another key.
pub fn read(bytes: &Bytes, key: &SnapshotKey) -> Result<Snapshot, SnapshotError> {
    let header = bytes.first_chunk().ok_or(SHORT)?;
    let tail = bytes.last_chunk().ok_or(SHORT)?;
    frame(header, tail, bytes.len() as u64, Some(key))?.read(bytes)
}

const SHORT: SnapshotError = SnapshotError::Damaged("it is too short");

/// Reads and checks a snapshot's frame: the first and the last bytes of a file of `file_bytes`.
/// Without a key, it is not told who wrote it: good for a comparison, and for nothing else.
///
/// # Errors
/// When they are not of the layout, or were written with another key.
pub fn frame(
    header: &[u8; HEADER_BYTES],
    tail: &[u8; TAIL_BYTES],
    file_bytes: u64,
    key: Option<&SnapshotKey>,
) -> Result<Frame, SnapshotError> {
    let damaged = SnapshotError::Damaged;
    let (table, sum) = tail.split_last_chunk::<SUM_BYTES>().ok_or(SHORT)?;
    let mut rest = header.as_slice();
    if take::<8>(&mut rest)? != *MAGIC {
        return Err(damaged("it has another magic number"));
    }
    let written = blake3::Hash::from_bytes(*sum);
    let framed = [header.as_slice(), table].concat();
    if key.is_some_and(|key| blake3::keyed_hash(key, &framed) != written) {
        return Err(SnapshotError::NotOurs);
    }
    let partition = u16::from_le_bytes(take(&mut rest)?);
    let next = Position(u64::from_le_bytes(take(&mut rest)?));
    let chain = take::<32>(&mut rest)?;
    let table_at = file_bytes.checked_sub(TAIL_BYTES as u64);
    let table_at = table_at.and_then(|at| usize::try_from(at).ok()).ok_or(SHORT)?;
    let (mut rest, mut at, mut sections) = (table, HEADER_BYTES, Vec::new());
    for name in PROJECTIONS {
        let length = u32::from_le_bytes(take(&mut rest)?) as usize;
        let stored = rest.split_at_checked(length).ok_or(damaged("it ends too early"))?;
        rest = stored.1;
        if stored.0 != name.as_bytes() {
            return Err(damaged("it has another projection"));
        }
        let length = u64::from_le_bytes(take(&mut rest)?);
        let digest = take::<32>(&mut rest)?;
        let end = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
        let end = end.filter(|end| *end <= table_at).ok_or(damaged("a length is wild"))?;
        sections.push((name, digest, at..end));
        at = end;
    }
    let count = u32::from_le_bytes(take(&mut rest)?) as usize;
    if at != table_at || count != PROJECTIONS.len() {
        return Err(damaged("bytes belong to no projection"));
    }
    Ok(Frame { partition, next, chain, sections })
}

impl Frame {
    /// The snapshot, from all bytes of its file.
    ///
    /// # Errors
    /// When a projection's digest differs.
    pub fn read(self, bytes: &Bytes) -> Result<Snapshot, SnapshotError> {
        let Frame { partition, next, chain, sections } = self;
        let damaged = SnapshotError::Damaged;
        let checked = sections.into_iter().map(|(name, digest, place)| {
            let inside = place.start <= place.end && place.end <= bytes.len();
            let bytes = inside.then(|| bytes.slice(place)).ok_or(SHORT)?;
            if projection_digest(name, next, &bytes) != digest {
                return Err(damaged("a projection's digest differs"));
            }
            Ok((name.to_owned(), digest, bytes))
        });
        let sections = checked.collect::<Result<_, _>>()?;
        Ok(Snapshot { partition, next, chain, sections })
    }
}

impl Snapshot {
    /// The engine that the snapshot holds.
    ///
    /// # Errors
    /// When a projection is missing or its bytes do not decode.
    pub fn into_engine(self) -> Result<Engine, SnapshotError> {
        let bytes = |name: &'static str| {
            self.sections
                .iter()
                .find(|(known, ..)| known == name)
                .map(|(.., bytes)| bytes.as_ref())
                .ok_or(SnapshotError::Projection(name))
        };
        let [directory, balances, intents, endpoints, deliveries, idempotency, evidence, quotas] =
            PROJECTIONS;
        let (decoded_directory, last_recorded_at) =
            decode_by(directory, bytes(directory)?, |reader| {
                Ok((Directory::decode(reader)?, reader.take()?))
            })?;
        let ledger = Ledger::decode(bytes(balances)?, bytes(intents)?)
            .map_err(|_| SnapshotError::Projection(balances))?;
        let all = Deliveries::decode(self.partition, bytes(endpoints)?, bytes(deliveries)?)
            .map_err(|_| SnapshotError::Projection(deliveries))?;
        let table = IdempotencyTable::decode(bytes(idempotency)?)
            .map_err(|_| SnapshotError::Projection(idempotency))?;
        Ok(Engine {
            partition: self.partition,
            next: self.next,
            last_recorded_at,
            directory: decoded_directory,
            ledger,
            deliveries: all,
            idempotency: table,
            seals: decode_by(evidence, bytes(evidence)?, SectionReader::take_canonical)?,
            meters: decode_by(quotas, bytes(quotas)?, Meters::decode)?,
            state_bytes_max: u64::MAX,
            space: Space::Enough,
            checkpoints: Vec::new(),
        })
    }
}

fn decode_by<'a, T>(
    name: &'static str,
    bytes: &'a [u8],
    decode: impl FnOnce(&mut SectionReader<'a>) -> Result<T, SectionError>,
) -> Result<T, SnapshotError> {
    let mut reader = SectionReader::new(bytes, name);
    let value = decode(&mut reader).and_then(|value| reader.finish().map(|()| value));
    value.map_err(|_| SnapshotError::Projection(name))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SnapshotError> {
    let (head, tail) =
        rest.split_first_chunk::<N>().ok_or(SnapshotError::Damaged("it ends too early"))?;
    *rest = tail;
    Ok(*head)
}
