//! The two projections as canonical bytes, and back.
//!
//! `endpoint_health`: count u64, endpoints in the order of ids; count u64, secrets in the order of
//! numbers. `deliveries`: count u64, deliveries in the order of ids; count u64, (number, replay)
//! in the order of numbers. What can be derived (indexes, counts of what waits) is not stored.
//! Owns these layouts. Must not know files, digests or positions.

use crate::deliveries::Deliveries;
use crate::delivery::{DeliveryNo, Record, Replayed, State};
use crate::endpoint::Endpoint;
use crate::secret::Secret;
use zentra_table::{SectionError, SectionReader, SectionWriter};

impl Deliveries {
    /// Appends the canonical bytes of the projection `endpoint_health`.
    pub fn encode_endpoints(&self, out: &mut SectionWriter<'_>) {
        out.put_list(self.endpoints.all().len(), self.endpoints.all().iter());
        out.put_list(self.secrets.all().len(), self.secrets.all().iter());
    }

    /// Appends the canonical bytes of the projection `deliveries`.
    pub fn encode_deliveries(&self, out: &mut SectionWriter<'_>) {
        out.put_list(self.records.all().len(), self.records.all().iter());
        out.put_list(self.records.replayed().len(), self.records.replayed().iter());
    }

    /// The state whose projections these are.
    ///
    /// # Errors
    /// When the bytes do not decode, are not all used, or contradict themselves.
    pub fn decode(
        partition: u16,
        endpoints: &[u8],
        deliveries: &[u8],
    ) -> Result<Deliveries, SectionError> {
        let mut decoded = Deliveries::new(partition);
        decode_endpoints(endpoints, &mut decoded)?;
        decode_deliveries(deliveries, &mut decoded)?;
        Ok(decoded)
    }
}

fn decode_endpoints(bytes: &[u8], into: &mut Deliveries) -> Result<(), SectionError> {
    let mut reader = SectionReader::new(bytes, "endpoints and secrets");
    for _ in 0..reader.take::<u64>()? {
        if !into.endpoints.push(reader.take::<Endpoint>()?) {
            return Err(SectionError::Inconsistent("endpoints are not in order"));
        }
    }
    for _ in 0..reader.take::<u64>()? {
        if !into.secrets.push(reader.take::<Secret>()?) {
            return Err(SectionError::Inconsistent("two secrets have one name"));
        }
    }
    let known = into.secrets.all().len();
    if into.endpoints.all().iter().any(|endpoint| endpoint.secret.index() >= known) {
        return Err(SectionError::Inconsistent("an endpoint names a secret that is not there"));
    }
    reader.finish()
}

fn decode_deliveries(bytes: &[u8], into: &mut Deliveries) -> Result<(), SectionError> {
    let mut reader = SectionReader::new(bytes, "deliveries");
    let count = reader.take::<u64>()?;
    for _ in 0..count {
        let record = reader.take::<Record>()?;
        let known = match record.state {
            State::Waiting => into.endpoints.count_waiting(record.endpoint, true),
            State::Dead => into.endpoints.count_dead(record.endpoint, true),
            _ => into.endpoints.get(record.endpoint).is_some(),
        };
        if !known {
            return Err(SectionError::Inconsistent("a delivery names no endpoint"));
        }
        if !into.records.push(record) {
            return Err(SectionError::Inconsistent("deliveries are not in order"));
        }
    }
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (no, replayed) = reader.take::<(DeliveryNo, Replayed)>()?;
        if no >= count || earlier.replace(no) >= Some(no) {
            return Err(SectionError::Inconsistent("replays are out of order or of nothing"));
        }
        into.records.set_replay(no, replayed);
    }
    reader.finish()
}
