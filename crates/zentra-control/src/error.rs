//! Why a control socket is not there, or does not answer.

use std::path::{Path, PathBuf};

/// Why a control socket is not there, or does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The system takes no such path for a socket.
    #[error(
        "{path} has {bytes} bytes, and the path of a socket has at most {most}: the command line \
         cannot reach a server there; name the data folder by a shorter path, as from within or by \
         a link to it"
    )]
    PathTooLong {
        /// The socket's path.
        path: PathBuf,
        /// Its bytes.
        bytes: usize,
        /// What the system takes.
        most: usize,
    },
    /// Something else is in the socket's place.
    #[error("{0} is not a socket; remove it")]
    NotASocket(PathBuf),
    /// The system refused.
    #[error("the control socket {path}: {source}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The server refused what was asked.
    #[error("{code}: {detail}")]
    Refused {
        /// The code of the refusal.
        code: String,
        /// What is wrong, and what to do.
        detail: String,
    },
    /// The answer is none; the server may have stopped or be of another version.
    #[error("the server gave no answer that this version knows, and may have done what was asked")]
    NoAnswer,
}

impl ControlError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ControlError + use<> {
        let path = path.to_owned();
        move |source| ControlError::Io { path, source }
    }
}
