//! The hash chain over frames.
//!
//! `chain(n) = BLAKE3 derive_key("zentra frame v1")(chain(n-1) || frame bytes)`, where the frame
//! bytes run from the start marker to the last payload byte.

/// Bytes of a chain value.
pub(crate) const CHAIN_BYTES: usize = 32;

const FRAME_CONTEXT: &str = "zentra frame v1";

/// The chain at one point of the log.
#[derive(Clone)]
pub(crate) struct Chain {
    hasher: blake3::Hasher,
    value: [u8; CHAIN_BYTES],
}

impl Chain {
    /// The chain after the frame that left `value`.
    pub(crate) fn at(value: [u8; CHAIN_BYTES]) -> Chain {
        Chain { hasher: blake3::Hasher::new_derive_key(FRAME_CONTEXT), value }
    }

    /// The current value.
    pub(crate) fn value(&self) -> [u8; CHAIN_BYTES] {
        self.value
    }

    /// What the value becomes with one more frame.
    pub(crate) fn after(&mut self, frame_bytes: &[u8]) -> [u8; CHAIN_BYTES] {
        self.hasher.reset();
        self.hasher.update(&self.value).update(frame_bytes);
        *self.hasher.finalize().as_bytes()
    }

    /// Moves to a value that [`Chain::after`] gave.
    pub(crate) fn advance(&mut self, value: [u8; CHAIN_BYTES]) {
        self.value = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_documented_formula() {
        let mut chain = Chain::at([7; 32]);
        for frame in [&b"one"[..], b"two"] {
            let mut input = chain.value().to_vec();
            input.extend_from_slice(frame);
            let expected = blake3::derive_key("zentra frame v1", &input);
            let value = chain.after(frame);
            assert_eq!(value, expected);
            chain.advance(value);
        }
    }
}
