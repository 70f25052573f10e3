//! What follows the log: the sealer with its trees, and the list views, in files of their own.

mod files;
mod followers;
mod sealer;

pub(crate) use followers::Followers;
pub(crate) use sealer::{Next, Sealer};
