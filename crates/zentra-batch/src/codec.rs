//! Reading a batch, and writing and reading its answer.
//!
//! Owns what makes bytes a batch: the version, every byte consumed, the counts, and that each item
//! has its terms. Must not know HTTP, nor whether a name or an amount makes sense.

use crate::wire::{AnswerV1, BATCH_BYTES_MAX, BatchV1, ITEMS_MAX, OutcomeV1, TERMS_MAX, VERSION};
use bincode::config::{Config, legacy};
use bincode::error::DecodeError;

/// Bytes before the first outcome of an answer: the version and the number of outcomes.
const ANSWER_HEAD_BYTES: usize = 2 + 8;
/// Bytes of the largest outcome: variant, position, state, and a code with its flag.
const OUTCOME_BYTES_MAX: usize = 4 + 8 + 4 + 3;

/// Why bytes are not a batch or an answer, or why a batch takes nothing more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes are of another version.
    #[error("version {0} is not known; send version {VERSION}")]
    Version(u16),
    /// There are too many bytes.
    #[error("a batch has at most {BATCH_BYTES_MAX} bytes, not {0}; send it as several batches")]
    Bytes(usize),
    /// The bytes end before what they announce.
    #[error("the bytes end too early; send the whole body")]
    Truncated,
    /// A length is larger than any batch allows.
    #[error("a length is larger than a whole batch may be; write it as a little-endian u64")]
    Length,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8; write every text in UTF-8, after its length in bytes")]
    Text,
    /// A value is not one of those that its field can have.
    #[error("the bytes are not of the layout ({0}); write the fields in their order and widths")]
    Malformed(String),
    /// Bytes follow the last item.
    #[error("{0} bytes follow the last item; end the body there, or correct the number of items")]
    Trailing(usize),
    /// There are too few or too many items.
    #[error("a batch has 1 to {ITEMS_MAX} items, not {0}; send more as several batches")]
    Items(usize),
    /// There are too many terms.
    #[error("a batch has at most {TERMS_MAX} terms, not {0}; share them or send several batches")]
    Terms(usize),
    /// An item names terms that are not there.
    #[error("item {item} names terms {terms}, which the batch does not have; add them first")]
    NoTerms {
        /// The item's index.
        item: usize,
        /// The index of the terms that it names.
        terms: u16,
    },
}

/// Reads a batch of at most [`BATCH_BYTES_MAX`] bytes; its texts are borrowed from them.
///
/// A length inside the bytes reserves no more memory than a batch of that size may have.
///
/// # Errors
/// When the bytes are not exactly one batch, with all terms that its items name.
pub fn decode_batch(bytes: &[u8]) -> Result<BatchV1<'_>, BatchError> {
    check_version(bytes)?;
    if bytes.len() > BATCH_BYTES_MAX {
        return Err(BatchError::Bytes(bytes.len()));
    }
    let (batch, read) = bincode::borrow_decode_from_slice::<BatchV1<'_>, _>(bytes, config())
        .map_err(undecodable)?;
    check_consumed(bytes, read)?;
    if !(1..=ITEMS_MAX).contains(&batch.items.len()) {
        return Err(BatchError::Items(batch.items.len()));
    }
    let known = batch.terms.len();
    if known > TERMS_MAX {
        return Err(BatchError::Terms(known));
    }
    match batch.items.iter().enumerate().find(|(_, item)| usize::from(item.terms) >= known) {
        Some((item, stray)) => Err(BatchError::NoTerms { item, terms: stray.terms }),
        None => Ok(batch),
    }
}

/// Appends the bytes of the answer with these outcomes: those of [`AnswerV1`].
pub fn encode_answer(outcomes: &[OutcomeV1], out: &mut Vec<u8>) {
    out.reserve(ANSWER_HEAD_BYTES + outcomes.len() * OUTCOME_BYTES_MAX);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(outcomes.len() as u64).to_le_bytes());
    for outcome in outcomes {
        put(outcome, out);
    }
}

/// Reads an answer.
///
/// # Errors
/// When the bytes are not exactly one answer.
pub fn decode_answer(bytes: &[u8]) -> Result<Vec<OutcomeV1>, BatchError> {
    check_version(bytes)?;
    let (answer, read) =
        bincode::decode_from_slice::<AnswerV1, _>(bytes, config()).map_err(undecodable)?;
    check_consumed(bytes, read)?;
    Ok(answer.outcomes)
}

/// Appends one value as bincode writes it.
pub(crate) fn put(value: &impl bincode::Encode, out: &mut Vec<u8>) {
    bincode::encode_into_std_write(value, out, config())
        .expect("the shapes encode without fail, and memory takes all bytes");
}

/// Without the limit, a wrong length would be reserved before a byte behind it is looked at.
fn config() -> impl Config {
    legacy().with_limit::<{ BATCH_BYTES_MAX }>()
}

/// Checked first: nothing else is known about the bytes of another version.
fn check_version(bytes: &[u8]) -> Result<(), BatchError> {
    match bytes.first_chunk::<2>().map(|bytes| u16::from_le_bytes(*bytes)) {
        Some(VERSION) => Ok(()),
        Some(version) => Err(BatchError::Version(version)),
        None => Err(BatchError::Truncated),
    }
}

fn check_consumed(bytes: &[u8], read: usize) -> Result<(), BatchError> {
    match bytes.len() - read {
        0 => Ok(()),
        left => Err(BatchError::Trailing(left)),
    }
}

fn undecodable(error: DecodeError) -> BatchError {
    match error {
        DecodeError::UnexpectedEnd { .. } => BatchError::Truncated,
        DecodeError::LimitExceeded | DecodeError::OutsideUsizeRange(_) => BatchError::Length,
        DecodeError::Utf8 { .. } => BatchError::Text,
        other => BatchError::Malformed(other.to_string()),
    }
}
