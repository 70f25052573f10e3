//! Configuration: what can be set, how each value is read, and in which order layers count.

mod error;
mod form;
mod load;
mod settings;
mod table;

pub use error::ConfigError;
pub use form::Form;
pub use load::{Loaded, load};
pub use settings::{Config, LogFormat};
pub use table::{SETTINGS, Setting, example_file, schema};
