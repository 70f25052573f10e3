//! Writing a batch item by item, without keeping the items.

use crate::codec::BatchError;
use crate::wire::{ITEMS_MAX, ItemV1, TERMS_MAX, TermsV1, VERSION};

/// A batch in the making. The terms stand before the items in the bytes, so each has a buffer.
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items_count == 0
    }

    /// Adds terms; gives their index.
    ///
    /// # Errors
    /// When there are too many.
    pub fn terms(&mut self, terms: &TermsV1<'_>) -> Result<u16, BatchError> {
        let index = u16::try_from(self.terms_count).unwrap_or(u16::MAX);
        if self.terms_count >= TERMS_MAX {
            return Err(BatchError::Terms(self.terms_count + 1));
        }
        put(terms, &mut self.terms);
        self.terms_count += 1;
        Ok(index)
    }

    /// Adds an item.
    ///
    /// # Errors
    /// When there are too many, or its terms were not added.
    pub fn push(&mut self, item: &ItemV1<'_>) -> Result<(), BatchError> {
        if self.items_count >= ITEMS_MAX {
            return Err(BatchError::Items(self.items_count + 1));
        }
        if usize::from(item.terms) >= self.terms_count {
            return Err(BatchError::NoTerms { item: self.items_count, terms: item.terms });
        }
        put(item, &mut self.items);
        self.items_count += 1;
        Ok(())
    }

    /// The bytes of the batch; the builder is empty again.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(18 + self.terms.len() + self.items.len());
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(self.terms_count as u64).to_le_bytes());
        bytes.append(&mut self.terms);
        bytes.extend_from_slice(&(self.items_count as u64).to_le_bytes());
        bytes.append(&mut self.items);
        (self.terms_count, self.items_count) = (0, 0);
        bytes
    }
}

fn put(value: &impl bincode::Encode, out: &mut Vec<u8>) {
    bincode::encode_into_std_write(value, out, bincode::config::legacy())
        .expect("writing to memory does not fail");
}
