//! Who asks: the text of an API key leads to its scope, its actor and its roles.
//!
//! Owns what a key's text is, which roles give which permission, and how many requests a second a
//! scope may send. Must not know routes, bodies, or how a refusal is shown.

mod identity;
mod key_text;
mod permission;
mod rates;
mod roles;

pub use identity::{AuthError, Identity, authenticate};
pub use key_text::{hash_of_key, key_text};
pub use permission::Permission;
pub use rates::RequestRates;
pub use roles::{role_bit, shown_roles};
