//! The bytes of a frame: header, shared bytes, entry ends, payloads, trailer.

use crate::error::Fault;
use crate::layout::{CHAIN_BYTES, Chain, field};
use bytes::Bytes;
use zentra_events::Position;
use zentra_events::limits::FRAME_BYTES_MAX;
use zentra_log::{PendingFrame, StoredFrame};

/// What a frame starts with.
pub(crate) const START_MARKER: [u8; 4] = *b"ZFRM";
/// What a frame ends with.
const END_MARKER: [u8; 4] = *b"ZEND";

const TAG_AT: usize = 4;
const BASE_AT: usize = 8;
const DURABLE_AT: usize = 16;
const COUNT_AT: usize = 24;
const SHARED_AT: usize = 28;
const PAYLOADS_AT: usize = 32;
const CODEC_AT: usize = 36;
const RESERVED_AT: usize = 37;
const HEADER_CHECKSUM_AT: usize = 40;

/// Bytes of the frame header.
pub(crate) const FRAME_HEADER_BYTES: usize = HEADER_CHECKSUM_AT + 4;
/// Bytes of one entry's end offset.
pub(crate) const ENTRY_END_BYTES: usize = 4;
/// Bytes after the payloads: chain, checksum, end marker.
pub(crate) const FRAME_TRAILER_BYTES: usize = CHAIN_BYTES + 4 + 4;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) tag: u32,
    /// The position of the first entry.
    pub(crate) base: u64,
    /// Every position before this one was durable when the frame was written.
    pub(crate) durable: u64,
    pub(crate) count: u32,
    pub(crate) shared_bytes: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) codec: u8,
}

impl FrameHeader {
    /// The header at the start of `bytes`, if its own checksum holds and its fields make sense.
    pub(crate) fn decode(bytes: &[u8], tag: u32) -> Result<FrameHeader, Fault> {
        let Some(bytes) = bytes.get(..FRAME_HEADER_BYTES) else { return Err(Fault::Truncated) };
        if bytes[..TAG_AT] != START_MARKER {
            return Err(Fault::StartMarker);
        }
        let checksum = u32::from_le_bytes(field(bytes, HEADER_CHECKSUM_AT));
        if crc32c::crc32c(&bytes[..HEADER_CHECKSUM_AT]) != checksum {
            return Err(Fault::HeaderChecksum);
        }
        let header = FrameHeader {
            tag: u32::from_le_bytes(field(bytes, TAG_AT)),
            base: u64::from_le_bytes(field(bytes, BASE_AT)),
            durable: u64::from_le_bytes(field(bytes, DURABLE_AT)),
            count: u32::from_le_bytes(field(bytes, COUNT_AT)),
            shared_bytes: u32::from_le_bytes(field(bytes, SHARED_AT)),
            payload_bytes: u32::from_le_bytes(field(bytes, PAYLOADS_AT)),
            codec: bytes[CODEC_AT],
        };
        if header.tag != tag {
            return Err(Fault::SegmentTag);
        }
        if field::<3>(bytes, RESERVED_AT) != [0; 3] {
            return Err(Fault::Reserved);
        }
        if header.durable > header.base {
            return Err(Fault::DurableMark { found: header.durable });
        }
        let fits = header.base.checked_add(u64::from(header.count)).is_some()
            && header.frame_bytes() <= FRAME_BYTES_MAX as u64;
        if header.count == 0 || !fits {
            return Err(Fault::Length);
        }
        Ok(header)
    }

    /// The position after the last entry.
    pub(crate) fn next(&self) -> u64 {
        self.base + u64::from(self.count)
    }

    /// Bytes of the whole frame. Not cut to the limit before [`FrameHeader::decode`] checked it.
    pub(crate) fn frame_bytes(&self) -> u64 {
        (FRAME_HEADER_BYTES + FRAME_TRAILER_BYTES) as u64
            + u64::from(self.shared_bytes)
            + u64::from(self.count) * ENTRY_END_BYTES as u64
            + u64::from(self.payload_bytes)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&START_MARKER);
        out.extend_from_slice(&self.tag.to_le_bytes());
        out.extend_from_slice(&self.base.to_le_bytes());
        out.extend_from_slice(&self.durable.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.shared_bytes.to_le_bytes());
        out.extend_from_slice(&self.payload_bytes.to_le_bytes());
        out.extend_from_slice(&[self.codec, 0, 0, 0]);
        let checksum = crc32c::crc32c(&out[start..]);
        out.extend_from_slice(&checksum.to_le_bytes());
    }
}

/// What the log knows about a frame that is being written.
pub(crate) struct Placement {
    pub(crate) tag: u32,
    pub(crate) base: u64,
    pub(crate) durable: u64,
}

/// Appends the bytes of a frame and moves the chain. The frame has been checked.
pub(crate) fn encode(
    frame: &PendingFrame,
    at: &Placement,
    chain: &mut Chain,
    out: &mut Vec<u8>,
) -> FrameHeader {
    let header = FrameHeader {
        tag: at.tag,
        base: at.base,
        durable: at.durable,
        count: narrow(frame.ends.len()),
        shared_bytes: narrow(frame.shared.len()),
        payload_bytes: narrow(frame.payloads.len()),
        codec: frame.codec,
    };
    let start = out.len();
    out.reserve(frame.frame_bytes());
    header.encode(out);
    out.extend_from_slice(&frame.shared);
    for end in &frame.ends {
        out.extend_from_slice(&end.to_le_bytes());
    }
    out.extend_from_slice(&frame.payloads);
    let value = chain.after(&out[start..]);
    chain.advance(value);
    out.extend_from_slice(&value);
    let checksum = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(&END_MARKER);
    header
}

/// The frame in `bytes`, which are exactly its own. Checks everything but the chain.
pub(crate) fn decode(header: &FrameHeader, bytes: &Bytes) -> Result<StoredFrame, Fault> {
    let chain_at = bytes.len() - FRAME_TRAILER_BYTES;
    let checksum_at = chain_at + CHAIN_BYTES;
    let end_at = checksum_at + 4;
    if crc32c::crc32c(&bytes[..checksum_at]) != u32::from_le_bytes(field(bytes, checksum_at)) {
        return Err(Fault::Checksum);
    }
    if bytes[end_at..] != END_MARKER {
        return Err(Fault::EndMarker);
    }
    let ends_at = FRAME_HEADER_BYTES + header.shared_bytes as usize;
    let payloads_at = ends_at + header.count as usize * ENTRY_END_BYTES;
    let frame = StoredFrame::new(
        Position(header.base),
        header.codec,
        bytes.slice(FRAME_HEADER_BYTES..ends_at),
        field(bytes, chain_at),
        bytes.slice(ends_at..payloads_at),
        bytes.slice(payloads_at..chain_at),
    );
    frame.ok_or(Fault::EntryEnds)
}

/// The bytes that the chain hashes.
pub(crate) fn chained(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - FRAME_TRAILER_BYTES]
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("a frame is checked against FRAME_BYTES_MAX before it is encoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> (Vec<u8>, FrameHeader, [u8; 32]) {
        let frame = PendingFrame {
            codec: 1,
            shared: b"sh".to_vec(),
            payloads: b"abcde".to_vec(),
            ends: vec![3, 5],
        };
        let mut chain = Chain::at([0; 32]);
        let mut out = Vec::new();
        let at = Placement { tag: 0x0a0b_0c0d, base: 258, durable: 257 };
        let header = encode(&frame, &at, &mut chain, &mut out);
        (out, header, chain.value())
    }

    #[test]
    fn bytes_are_as_documented() {
        let (bytes, header, chain) = golden();
        let mut expected = b"ZFRM\x0d\x0c\x0b\x0a\x02\x01\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0".to_vec();
        expected.extend_from_slice(b"\x02\0\0\0\x02\0\0\0\x05\0\0\0\x01\0\0\0");
        expected.extend_from_slice(&crc32c::crc32c(&expected).to_le_bytes());
        expected.extend_from_slice(b"sh\x03\0\0\0\x05\0\0\0abcde");
        let mut hashed = vec![0; 32];
        hashed.extend_from_slice(&expected);
        assert_eq!(chain, blake3::derive_key("zentra frame v1", &hashed));
        expected.extend_from_slice(&chain);
        expected.extend_from_slice(&crc32c::crc32c(&expected).to_le_bytes());
        expected.extend_from_slice(b"ZEND");
        assert_eq!(bytes, expected);
        assert_eq!(header.frame_bytes(), bytes.len() as u64);
        assert_eq!(header.next(), 260);
    }

    #[test]
    fn the_hashes_are_pinned() {
        let (bytes, _, chain) = golden();
        let hex: String = chain.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "fcb32d1aa7064ee85e22a9de5595d5eb7e39cd8cd857113ca545a64626ea2b74");
        assert_eq!(crc32c::crc32c(&bytes), 4_129_191_079);
    }

    #[test]
    fn a_frame_decodes_to_its_entries() {
        let (bytes, header, chain) = golden();
        assert_eq!(FrameHeader::decode(&bytes, 0x0a0b_0c0d), Ok(header));
        let frame = decode(&header, &Bytes::from(bytes)).unwrap();
        assert_eq!((frame.base, frame.codec, frame.chain), (Position(258), 1, chain));
        let entries: Vec<_> =
            frame.entries().map(|entry| (entry.position.0, entry.payload.to_vec())).collect();
        assert_eq!(entries, [(258, b"abc".to_vec()), (259, b"de".to_vec())]);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (bytes, _, _) = golden();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let outcome = FrameHeader::decode(&damaged, 0x0a0b_0c0d)
                .and_then(|header| decode(&header, &Bytes::from(damaged)));
            assert!(outcome.is_err(), "bit {bit}");
        }
    }

    #[test]
    fn header_fields_are_judged_only_after_their_checksum() {
        type Damage = fn(&mut FrameHeader);
        let cases: [(Damage, Fault); 5] = [
            (|header| header.tag = 1, Fault::SegmentTag),
            (|header| header.durable = 259, Fault::DurableMark { found: 259 }),
            (|header| header.count = 0, Fault::Length),
            (|header| header.payload_bytes = u32::MAX, Fault::Length),
            (|header| (header.base, header.durable) = (u64::MAX, 0), Fault::Length),
        ];
        let (_, good, _) = golden();
        for (damage, fault) in cases {
            let mut header = good;
            damage(&mut header);
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            assert_eq!(FrameHeader::decode(&bytes, good.tag), Err(fault));
        }
    }
}
