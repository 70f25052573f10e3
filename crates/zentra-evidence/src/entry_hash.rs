//! The name of an entry's stored bytes.
//!
//! Owns the hash that ties a leaf to what the log holds. Must not know the codec.

/// The BLAKE3 (derive_key, context `zentra entry v1`) of an entry as it is stored: the length of
/// its frame's shared bytes as a little-endian `u32`, those bytes, and the entry's own payload. The
/// length keeps the two parts apart.
///
/// # Panics
/// When `shared` is 4 GiB or longer, which no frame can be.
pub fn entry_hash(shared: &[u8], payload: &[u8]) -> [u8; 32] {
    let length = u32::try_from(shared.len()).expect("a frame's shared bytes are under 4 GiB");
    let mut hasher = blake3::Hasher::new_derive_key("zentra entry v1");
    hasher.update(&length.to_le_bytes());
    hasher.update(shared);
    hasher.update(payload);
    *hasher.finalize().as_bytes()
}
