//! What follows the log: the sealer with its trees, and the list views, in files of their own.

mod files;
mod followers;
mod lists;
mod paging;
mod sealer;

pub(crate) use files::Files;
pub(crate) use followers::Followers;
pub(crate) use lists::Lists;
pub(crate) use paging::Paging;
pub(crate) use sealer::{Next, Sealer};
