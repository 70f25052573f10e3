//! Reading a batch and writing its answer.

use crate::wire::{AnswerV1, BATCH_BYTES_MAX, BatchV1, ITEMS_MAX, OutcomeV1, TERMS_MAX, VERSION};

/// Why bytes are not a batch or an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes are of another version.
    #[error("version {0} is not known; send version {VERSION}")]
    Version(u16),
    /// The bytes do not decode.
    #[error("the bytes do not decode: {0}")]
    Undecodable(String),
    /// Bytes follow the last item.
    #[error("{0} bytes follow the last item")]
    Trailing(usize),
    /// There are too few or too many items.
    #[error("a batch has 1 to {ITEMS_MAX} items, not {0}")]
    Items(usize),
    /// There are too many terms.
    #[error("a batch has at most {TERMS_MAX} terms, not {0}")]
    Terms(usize),
    /// An item names terms that are not there.
    #[error("item {item} names terms {terms}, which the batch does not have")]
    NoTerms {
        /// The item's index.
        item: usize,
        /// The terms' index.
        terms: u16,
    },
}

fn config() -> impl bincode::config::Config {
    bincode::config::legacy().with_limit::<{ 4 * BATCH_BYTES_MAX }>()
}

/// Reads a batch.
///
/// # Errors
/// When the bytes are not exactly one.
pub fn decode_batch(bytes: &[u8]) -> Result<BatchV1<'_>, BatchError> {
    check_version(bytes)?;
    let (batch, read) = bincode::borrow_decode_from_slice::<BatchV1<'_>, _>(bytes, config())
        .map_err(|error| BatchError::Undecodable(error.to_string()))?;
    if read != bytes.len() {
        return Err(BatchError::Trailing(bytes.len() - read));
    }
    if batch.items.is_empty() || batch.items.len() > ITEMS_MAX {
        return Err(BatchError::Items(batch.items.len()));
    }
    if batch.terms.len() > TERMS_MAX {
        return Err(BatchError::Terms(batch.terms.len()));
    }
    let known = batch.terms.len();
    let stray = batch.items.iter().position(|item| usize::from(item.terms) >= known);
    match stray {
        Some(item) => Err(BatchError::NoTerms { item, terms: batch.items[item].terms }),
        None => Ok(batch),
    }
}

/// Appends the answer with these outcomes.
pub fn encode_answer(outcomes: &[OutcomeV1], out: &mut Vec<u8>) {
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(outcomes.len() as u64).to_le_bytes());
    for outcome in outcomes {
        bincode::encode_into_std_write(outcome, out, config()).expect("writing to memory");
    }
}

/// Reads an answer.
///
/// # Errors
/// When the bytes are not exactly one.
pub fn decode_answer(bytes: &[u8]) -> Result<Vec<OutcomeV1>, BatchError> {
    check_version(bytes)?;
    let (answer, read) = bincode::decode_from_slice::<AnswerV1, _>(bytes, config())
        .map_err(|error| BatchError::Undecodable(error.to_string()))?;
    if read != bytes.len() {
        return Err(BatchError::Trailing(bytes.len() - read));
    }
    Ok(answer.outcomes)
}

fn check_version(bytes: &[u8]) -> Result<(), BatchError> {
    match bytes.first_chunk::<2>().map(|bytes| u16::from_le_bytes(*bytes)) {
        Some(VERSION) => Ok(()),
        Some(version) => Err(BatchError::Version(version)),
        None => Err(BatchError::Undecodable("the bytes end early".into())),
    }
}
