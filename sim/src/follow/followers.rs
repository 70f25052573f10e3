//! Which followers a run has, and where their files are.

use super::files::Files;
use super::lists::Lists;
use super::paging::Paging;
use super::sealer::Sealer;
use crate::disk::Disk;
use crate::random::Random;
use std::sync::Arc;
use zentra_keyring::Keyring;
use zentra_runtime::DataFolder;
use zentra_sealer::SealOptions;

/// One of so many runs has the sealer.
const SEALS: u64 = 2;
/// And one of so many of these has list views.
const LISTS: u64 = 2;

/// The followers of a run, and of its process.
pub(crate) struct Followers {
    /// None in a run that has none.
    pub(crate) files: Option<Files>,
    pub(crate) options: SealOptions,
    pub(crate) keyring: Option<Arc<Keyring>>,
    pub(crate) sealer: Option<Sealer>,
    /// A step of the sealer will come.
    pub(crate) seals: bool,
    pub(crate) has_lists: bool,
    pub(crate) lists: Option<Lists>,
    /// A step of the lists will come.
    pub(crate) follows: bool,
    /// A list that is paged through.
    pub(crate) paging: Option<Paging>,
    /// What another run left.
    pub(crate) other: Option<Files>,
    /// What another log left was put in the place of the files.
    pub(crate) strange: bool,
}

impl Followers {
    /// Those of a seed.
    pub(crate) fn of(random: &mut Random) -> Followers {
        let seals = random.below(SEALS) == 0;
        let options = SealOptions {
            after_ms: random.magnitude(1, 60_000),
            entries: random.magnitude(1, 256),
        };
        Followers {
            files: seals.then(Files::new),
            options,
            keyring: None,
            sealer: None,
            seals: false,
            has_lists: seals && random.below(LISTS) == 0,
            lists: None,
            follows: false,
            paging: None,
            other: None,
            strange: false,
        }
    }

    /// All of them, whatever the seed says.
    pub(crate) fn all(&mut self) {
        self.files.get_or_insert_with(Files::new);
        self.has_lists = true;
    }

    /// Where they keep what they have.
    pub(crate) fn folder(&self, disk: &Disk) -> Option<DataFolder> {
        let open = || Arc::new(disk.clone());
        self.files.as_ref().map(|files| DataFolder::opened_by(files.root(), open()))
    }

    /// The process is gone.
    pub(crate) fn end(&mut self) {
        self.sealer = None;
        self.seals = false;
        self.lists = None;
        self.follows = false;
    }
}
