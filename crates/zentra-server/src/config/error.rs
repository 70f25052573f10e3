//! Why a configuration cannot be used.

use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file cannot be read.
    #[error("the configuration file {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file has a line that is no setting.
    #[error("the configuration file {path}: there is no setting {name}, see `zentra serve --help`")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A value is not one that the setting takes.
    #[error("{given}: {reason}")]
    Value {
        /// Where it stands, as it stands there.
        given: String,
        /// What is wrong.
        reason: String,
    },
    /// Settings do not fit together.
    #[error("the configuration: {0}")]
    Together(String),
}
