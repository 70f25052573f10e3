//! Fixed-width fields of the layout, and its version.

/// The version that this build writes and reads.
pub(crate) const FORMAT_VERSION: u16 = 1;

/// The bytes of a field; the caller gives a slice that is long enough.
pub(crate) fn field<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut value = [0; N];
    value.copy_from_slice(&bytes[offset..offset + N]);
    value
}
