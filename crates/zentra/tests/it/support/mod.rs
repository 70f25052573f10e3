//! What the tests of the product share: a server process, a client, a receiver, judges.

pub(crate) mod http;
pub(crate) mod judges;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod receiver;
