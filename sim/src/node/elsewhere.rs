//! Another history: a data folder that another process of the product has written.

use super::asking::{Asked, Input};
use super::opening::open;
use super::process::Node;
use crate::disk::{Disk, KEY};
use zentra_env::Env;
use zentra_events::ScopeNo;
use zentra_runtime::FolderPart;

/// The disk of a log with so many entries, with a mark and a snapshot at its end; with this master
/// key, or one of its own.
///
/// # Errors
/// When the product fails.
pub(crate) fn elsewhere(env: &Env, key: Option<&[u8]>, entries: u64) -> Result<Disk, String> {
    let disk = Disk::default();
    if let Some(key) = key {
        disk.put(FolderPart::Root, KEY, key);
    }
    let opened = open(env, &disk).map_err(|error| error.to_string())?;
    let mut node = Node::start(env, &disk, opened);
    for number in 0..entries {
        let command = zentra_testkit::scope(&format!("elsewhere-{number}"));
        let request = zentra_testkit::request(ScopeNo(0), "somebody", command);
        node.take(Asked { sending: number, input: Input::Command(Box::new(request)) });
        node.works_off()?;
    }
    node.marks()?;
    node.asks_for_a_view();
    node.works_off()?;
    node.writes_the_view()?;
    Ok(disk)
}
