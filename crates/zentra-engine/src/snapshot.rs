//! The bytes of a snapshot: the projections at one position, checked on the way back.
//!
//! Layout (all integers little-endian): magic `ZSNAP002`, partition u16, next position u64, the
//! log's chain value before that position (32 bytes), section count u32; each section: name length
//! u32, name, byte length u64, digest (32 bytes), bytes; last, BLAKE3 of everything before it (32
//! bytes). Owns this layout. Must not know files.

use crate::engine::Engine;
use crate::idempotency::IdempotencyTable;
use crate::rebuild::{PROJECTIONS, projection_digest};
use bincode::Decode;
use zentra_delivery::Deliveries;
use zentra_events::Position;
use zentra_ledger::Ledger;

const MAGIC: &[u8; 8] = b"ZSNAP002";

/// A snapshot's frame, read and checked, before its sections become an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The partition of the log.
    pub partition: u16,
    /// The first position that is not in the snapshot.
    pub next: Position,
    /// The log's chain value over everything before `next`.
    pub chain: [u8; 32],
    /// Name, digest and bytes of each projection.
    pub sections: Vec<(String, [u8; 32], Vec<u8>)>,
}

/// Why bytes are not a snapshot that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are not of the layout, or were damaged.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
    /// A projection's bytes do not decode.
    #[error("the snapshot's projection {0} does not decode")]
    Projection(&'static str),
}

/// The snapshot of an engine whose log has this chain value before the engine's next position.
pub fn encode(engine: &Engine, chain: [u8; 32]) -> Vec<u8> {
    let sections = engine.sections();
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&engine.partition.to_le_bytes());
    out.extend_from_slice(&engine.next.get().to_le_bytes());
    out.extend_from_slice(&chain);
    out.extend_from_slice(&(sections.len() as u32).to_le_bytes());
    for section in &sections {
        out.extend_from_slice(&(section.name.len() as u32).to_le_bytes());
        out.extend_from_slice(section.name.as_bytes());
        out.extend_from_slice(&(section.bytes.len() as u64).to_le_bytes());
        out.extend_from_slice(&projection_digest(section.name, engine.next, &section.bytes));
        out.extend_from_slice(&section.bytes);
    }
    let sum = *blake3::hash(&out).as_bytes();
    out.extend_from_slice(&sum);
    out
}

/// Reads and checks a snapshot's bytes.
///
/// # Errors
/// When they are not of the layout, or any sum differs.
pub fn read(bytes: &[u8]) -> Result<Snapshot, SnapshotError> {
    let (body, sum) =
        bytes.split_last_chunk::<32>().ok_or(SnapshotError::Damaged("it is too short"))?;
    if blake3::hash(body).as_bytes() != sum {
        return Err(SnapshotError::Damaged("its sum differs"));
    }
    let mut rest = body;
    if take::<8>(&mut rest)? != *MAGIC {
        return Err(SnapshotError::Damaged("it has another magic number"));
    }
    let partition = u16::from_le_bytes(take(&mut rest)?);
    let next = Position(u64::from_le_bytes(take(&mut rest)?));
    let chain = take::<32>(&mut rest)?;
    let count = u32::from_le_bytes(take(&mut rest)?);
    let mut sections = Vec::new();
    for _ in 0..count {
        let length = u64::from(u32::from_le_bytes(take(&mut rest)?));
        let name = String::from_utf8(take_slice(&mut rest, length)?.to_vec())
            .map_err(|_| SnapshotError::Damaged("a name is not text"))?;
        let length = u64::from_le_bytes(take(&mut rest)?);
        let digest = take::<32>(&mut rest)?;
        let bytes = take_slice(&mut rest, length)?.to_vec();
        if projection_digest(&name, next, &bytes) != digest {
            return Err(SnapshotError::Damaged("a projection's digest differs"));
        }
        sections.push((name, digest, bytes));
    }
    if !rest.is_empty() {
        return Err(SnapshotError::Damaged("bytes follow the last section"));
    }
    Ok(Snapshot { partition, next, chain, sections })
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
                .map(|(.., bytes)| bytes.as_slice())
                .ok_or(SnapshotError::Projection(name))
        };
        let [directory, balances, intents, endpoints, deliveries, idempotency, evidence] =
            PROJECTIONS;
        let (decoded_directory, last_recorded_at) = decode(directory, bytes(directory)?)?;
        let ledger = Ledger::decode(bytes(balances)?, bytes(intents)?)
            .map_err(|_| SnapshotError::Projection(balances))?;
        let all = Deliveries::decode(self.partition, bytes(endpoints)?, bytes(deliveries)?)
            .map_err(|_| SnapshotError::Projection(deliveries))?;
        let table = IdempotencyTable::decode(bytes(idempotency)?)
            .ok_or(SnapshotError::Projection(idempotency))?;
        Ok(Engine {
            partition: self.partition,
            next: self.next,
            last_recorded_at,
            directory: decoded_directory,
            ledger,
            deliveries: all,
            idempotency: table,
            seals: decode(evidence, bytes(evidence)?)?,
            marks: Vec::new(),
        })
    }
}

fn decode<T: Decode<()>>(name: &'static str, bytes: &[u8]) -> Result<T, SnapshotError> {
    match bincode::decode_from_slice::<T, _>(bytes, bincode::config::legacy()) {
        Ok((value, read)) if read == bytes.len() => Ok(value),
        _ => Err(SnapshotError::Projection(name)),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SnapshotError> {
    let (head, tail) =
        rest.split_first_chunk::<N>().ok_or(SnapshotError::Damaged("it ends too early"))?;
    *rest = tail;
    Ok(*head)
}

fn take_slice<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], SnapshotError> {
    let length = usize::try_from(length).map_err(|_| SnapshotError::Damaged("a length is wild"))?;
    if rest.len() < length {
        return Err(SnapshotError::Damaged("it ends too early"));
    }
    let (head, tail) = rest.split_at(length);
    *rest = tail;
    Ok(head)
}
