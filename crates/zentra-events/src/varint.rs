//! Unsigned integers in as few bytes as they need: LEB128, seven bits a byte, low bits first.
//!
//! Only the shortest form is read, so that a number has one form. Owns nothing else.

/// Appends `value`.
pub(crate) fn put(mut value: u128, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value`.
pub(crate) fn put_u64(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a number off the front; none when there is no number in its shortest form that fits.
pub(crate) fn take(rest: &mut &[u8]) -> Option<u128> {
    let mut value = 0_u128;
    for shift in (0..128).step_by(7) {
        let byte = take_byte(rest)?;
        let bits = u128::from(byte & 0x7f);
        let placed = bits << shift;
        if placed >> shift != bits || (byte == 0 && shift > 0) {
            return None;
        }
        value |= placed;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// As [`take`], of a number that fits 64 bits.
pub(crate) fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(rest)?;
        let bits = u64::from(byte & 0x7f);
        let placed = bits << shift;
        if placed >> shift != bits || (byte == 0 && shift > 0) {
            return None;
        }
        value |= placed;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (byte, after) = rest.split_first()?;
    *rest = after;
    Some(*byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for value in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u128::from(u64::MAX), u128::MAX] {
            let mut bytes = Vec::new();
            put(value, &mut bytes);
            let mut rest = bytes.as_slice();
            assert_eq!(take(&mut rest), Some(value));
            assert!(rest.is_empty());
            let narrow = u64::try_from(value).ok();
            assert_eq!(take_u64(&mut bytes.as_slice()), narrow);
            if let Some(narrow) = narrow {
                let mut same = Vec::new();
                put_u64(narrow, &mut same);
                assert_eq!(same, bytes);
            }
        }
        for bad in [&[][..], &[0x80], &[0x80, 0x00], &[0xff; 30]] {
            let (mut wide, mut narrow) = (bad, bad);
            assert_eq!((take(&mut wide), take_u64(&mut narrow)), (None, None), "{bad:?}");
        }
    }
}
