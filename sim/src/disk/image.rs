//! One file: what a reader sees, what is durable, and the changes between the two.

/// The unit that a disk writes whole.
pub(super) const BLOCK_BYTES: usize = 512;

/// A change that is not durable yet.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Block { at: usize, bytes: Vec<u8> },
    Length(usize),
}

/// A file.
#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    pub(super) live: Vec<u8>,
    pub(super) durable: Vec<u8>,
    /// Whether its name is durable.
    pub(super) named: bool,
    pub(super) unsynced: Vec<Change>,
}

impl Image {
    /// A new file of zero bytes. Its length is not durable.
    pub(super) fn of_zeros(len: usize) -> Image {
        let unsynced = vec![Change::Length(len)];
        Image { live: vec![0; len], durable: Vec::new(), named: false, unsynced }
    }

    /// A file that is durable.
    pub(super) fn at_rest(bytes: &[u8]) -> Image {
        let (live, durable) = (bytes.to_vec(), bytes.to_vec());
        Image { live, durable, named: true, unsynced: Vec::new() }
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        apply(&mut self.live, at, bytes);
        let (mut from, end) = (at, at + bytes.len());
        while from < end {
            let to = ((from / BLOCK_BYTES + 1) * BLOCK_BYTES).min(end);
            let piece = bytes[from - at..to - at].to_vec();
            self.unsynced.push(Change::Block { at: from, bytes: piece });
            from = to;
        }
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.live.resize(len, 0);
        self.unsynced.push(Change::Length(len));
    }

    /// All is durable.
    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            self.keep(&change);
        }
    }

    /// A change reached the disk.
    pub(super) fn keep(&mut self, change: &Change) {
        match change {
            Change::Block { at, bytes } => apply(&mut self.durable, *at, bytes),
            Change::Length(len) => self.durable.resize(*len, 0),
        }
    }
}

fn apply(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[at..end].copy_from_slice(bytes);
}
