//! Writing a batch item by item, without keeping the items.
//!
//! Owns the order of the bytes: the terms stand before the items, so each has a buffer, and the two
//! are joined at the end. Must not know what is moved, nor where the bytes go.

use crate::codec::{BatchError, put};
use crate::wire::{BATCH_BYTES_MAX, ITEMS_MAX, ItemV1, TERMS_MAX, TermsV1, VERSION};

/// Bytes of the version and of the numbers of terms and of items.
const FRAME_BYTES: usize = 2 + 8 + 8;

/// A batch in the making. Its buffers are kept from one batch to the next.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    terms: Vec<u8>,
    terms_count: usize,
    items: Vec<u8>,
    items_count: usize,
}

impl BatchBuilder {
    /// An empty batch.
    pub fn new() -> BatchBuilder {
        BatchBuilder::default()
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items_count
    }

    /// Whether there is no item. Such a batch is refused by who reads it.
    pub fn is_empty(&self) -> bool {
        self.items_count == 0
    }

    /// Adds terms; gives the index by which items name them. Equal terms are not recognised: add
    /// them once.
    ///
    /// # Errors
    /// [`BatchError::Terms`] or [`BatchError::Bytes`] when they do not fit; nothing is added then.
    pub fn terms(&mut self, terms: &TermsV1<'_>) -> Result<u16, BatchError> {
        let index =
            u16::try_from(self.terms_count).ok().filter(|index| usize::from(*index) < TERMS_MAX);
        let index = index.ok_or(BatchError::Terms(self.terms_count + 1))?;
        let before = self.terms.len();
        put(terms, &mut self.terms);
        self.check_bytes().inspect_err(|_| self.terms.truncate(before))?;
        self.terms_count += 1;
        Ok(index)
    }

    /// Adds an item.
    ///
    /// # Errors
    /// [`BatchError::Items`] or [`BatchError::Bytes`] when it does not fit, and
    /// [`BatchError::NoTerms`] when its terms were not added; it is not added then.
    pub fn push(&mut self, item: &ItemV1<'_>) -> Result<(), BatchError> {
        if self.items_count >= ITEMS_MAX {
            return Err(BatchError::Items(self.items_count + 1));
        }
        if usize::from(item.terms) >= self.terms_count {
            return Err(BatchError::NoTerms { item: self.items_count, terms: item.terms });
        }
        let before = self.items.len();
        put(item, &mut self.items);
        self.check_bytes().inspect_err(|_| self.items.truncate(before))?;
        self.items_count += 1;
        Ok(())
    }

    /// The bytes of the batch. The builder is empty again: the next batch adds its own terms.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes_len());
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(self.terms_count as u64).to_le_bytes());
        bytes.append(&mut self.terms);
        bytes.extend_from_slice(&(self.items_count as u64).to_le_bytes());
        bytes.append(&mut self.items);
        (self.terms_count, self.items_count) = (0, 0);
        bytes
    }

    fn bytes_len(&self) -> usize {
        FRAME_BYTES + self.terms.len() + self.items.len()
    }

    fn check_bytes(&self) -> Result<(), BatchError> {
        match self.bytes_len() {
            0..=BATCH_BYTES_MAX => Ok(()),
            more => Err(BatchError::Bytes(more)),
        }
    }
}
