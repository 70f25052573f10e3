//! The two projections as canonical bytes, and back.
//!
//! `endpoint_health`: count u64, endpoints in the order of ids; count u64, secrets in the order of
//! numbers. `deliveries`: count u64, deliveries in the order of ids; count u64, (number, replay)
//! in the order of numbers. Items are bincode with fixed-width little-endian integers. What can be
//! derived (indexes, counts of what waits) is not stored. Every item has a size limit and every
//! byte must be used. Owns these layouts. Must not know files, digests or positions.

use crate::deliveries::Deliveries;
use crate::delivery::{DeliveryNo, Record, Replayed, State};
use crate::endpoint::Endpoint;
use crate::secret::Secret;
use bincode::{Decode, Encode};

/// Why bytes are not the projections of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end early, or an item does not decode.
    #[error("{0} do not decode")]
    Undecodable(&'static str),
    /// The bytes decode and contradict themselves.
    #[error("the projections are inconsistent: {0}")]
    Inconsistent(&'static str),
}

fn config() -> impl bincode::config::Config {
    bincode::config::legacy().with_limit::<{ 16 * 1024 * 1024 }>()
}

impl Deliveries {
    /// Appends the canonical bytes of the projection `endpoint_health`.
    pub fn encode_endpoints(&self, out: &mut Vec<u8>) {
        put_list(self.endpoints.all().iter(), out);
        put_list(self.secrets.all().iter(), out);
    }

    /// Appends the canonical bytes of the projection `deliveries`.
    pub fn encode_deliveries(&self, out: &mut Vec<u8>) {
        put_list(self.records.all().iter(), out);
        put_list(self.records.replayed().iter(), out);
    }

    /// The state whose projections these are.
    ///
    /// # Errors
    /// When the bytes do not decode, are not all used, or contradict themselves.
    pub fn decode(
        partition: u16,
        endpoints: &[u8],
        deliveries: &[u8],
    ) -> Result<Deliveries, SnapshotError> {
        let mut decoded = Deliveries::new(partition);
        decode_endpoints(endpoints, &mut decoded)?;
        decode_deliveries(deliveries, &mut decoded)?;
        Ok(decoded)
    }
}

fn decode_endpoints(bytes: &[u8], into: &mut Deliveries) -> Result<(), SnapshotError> {
    let mut reader = Reader { rest: bytes, what: "endpoints and secrets" };
    for _ in 0..reader.take::<u64>()? {
        if !into.endpoints.push(reader.take::<Endpoint>()?) {
            return Err(SnapshotError::Inconsistent("endpoints are not in order"));
        }
    }
    for _ in 0..reader.take::<u64>()? {
        if !into.secrets.push(reader.take::<Secret>()?) {
            return Err(SnapshotError::Inconsistent("two secrets have one name"));
        }
    }
    let known = into.secrets.all().len();
    if into.endpoints.all().iter().any(|endpoint| endpoint.secret.index() >= known) {
        return Err(SnapshotError::Inconsistent("an endpoint names a secret that is not there"));
    }
    reader.finish()
}

fn decode_deliveries(bytes: &[u8], into: &mut Deliveries) -> Result<(), SnapshotError> {
    let mut reader = Reader { rest: bytes, what: "deliveries" };
    let count = reader.take::<u64>()?;
    for _ in 0..count {
        let record = reader.take::<Record>()?;
        let Some(waiting) = into.endpoints.waiting_mut(record.endpoint) else {
            return Err(SnapshotError::Inconsistent("a delivery names no endpoint"));
        };
        *waiting += u64::from(record.state == State::Waiting);
        if !into.records.push(record) {
            return Err(SnapshotError::Inconsistent("deliveries are not in order"));
        }
    }
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (no, replayed) = reader.take::<(DeliveryNo, Replayed)>()?;
        if no >= count || earlier.replace(no) >= Some(no) {
            return Err(SnapshotError::Inconsistent("replays are out of order or of nothing"));
        }
        into.records.set_replay(no, replayed);
    }
    reader.finish()
}

fn put_list<T: Encode>(items: impl ExactSizeIterator<Item = T>, out: &mut Vec<u8>) {
    put(&(items.len() as u64), out);
    for item in items {
        put(&item, out);
    }
}

fn put<T: Encode>(item: &T, out: &mut Vec<u8>) {
    bincode::encode_into_std_write(item, out, config())
        .expect("writing to memory does not fail, and no item is near the limit");
}

struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl Reader<'_> {
    fn take<T: Decode<()>>(&mut self) -> Result<T, SnapshotError> {
        let (item, used) = bincode::decode_from_slice(self.rest, config())
            .map_err(|_| SnapshotError::Undecodable(self.what))?;
        self.rest = &self.rest[used..];
        Ok(item)
    }

    fn finish(self) -> Result<(), SnapshotError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(SnapshotError::Inconsistent("bytes follow the last item"))
    }
}
