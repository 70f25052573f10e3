//! The command line's end of the control socket.
//!
//! Owns which failures mean that there is no server. Must not wait for one.

use crate::error::ControlError;
use crate::key::KeyWanted;
use crate::protocol::{ControlRequest, ControlResponse, LINE_BYTES_MAX, ServerStatus};
use crate::socket;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zentra_runtime::DataFolder;

/// A server that says nothing for so long has none to say; it answers in 10 s or not at all.
const WITHIN: Duration = Duration::from_secs(15);

/// What a connection is answered where no server is.
const NOBODY: [ErrorKind; 3] =
    [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::ConnectionRefused];

/// A server that has the data folder open.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    stream: UnixStream,
}

/// The server of a data folder; none when nobody listens there.
///
/// # Errors
/// When nobody can tell: the socket's path is too long, something else is there, or the system
/// refuses.
pub fn connect(folder: &DataFolder) -> Result<Option<Client>, ControlError> {
    let path = socket::path(folder)?;
    match UnixStream::connect(&path) {
        Ok(stream) => Ok(Some(Client { path, stream })),
        // Nobody listens at a file that is no socket, and no server ever will.
        Err(_) if is_other(&path) => Err(ControlError::NotASocket(path)),
        // No socket, or one that a killed process left.
        Err(error) if NOBODY.contains(&error.kind()) => Ok(None),
        Err(error) => Err(ControlError::io(&path)(error)),
    }
}

/// Whether something else is in the socket's place.
fn is_other(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_socket())
}

impl Client {
    /// Where the server stands.
    ///
    /// # Errors
    /// When it refuses, or does not answer.
    pub fn status(self) -> Result<ServerStatus, ControlError> {
        match self.ask(&ControlRequest::Status {})? {
            ControlResponse::Status(status) => Ok(status),
            other => Err(unexpected(other)),
        }
    }

    /// Makes a key, and its scope when that is new; it is durable then.
    ///
    /// # Errors
    /// As [`Client::status`].
    pub fn make_key(self, wanted: &KeyWanted) -> Result<(), ControlError> {
        match self.ask(&wanted.ask())? {
            ControlResponse::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    fn ask(self, ask: &ControlRequest) -> Result<ControlResponse, ControlError> {
        let Client { path, mut stream } = self;
        let failed = || ControlError::io(&path);
        stream.set_read_timeout(Some(WITHIN)).map_err(failed())?;
        let mut line = serde_json::to_vec(ask).expect("a question is texts and numbers");
        line.push(b'\n');
        stream.write_all(&line).map_err(failed())?;
        let mut text = Vec::new();
        stream.take(LINE_BYTES_MAX).read_to_end(&mut text).map_err(failed())?;
        serde_json::from_slice(&text).map_err(|_| ControlError::NoAnswer)
    }
}

fn unexpected(told: ControlResponse) -> ControlError {
    match told {
        ControlResponse::Refused { code, detail } => ControlError::Refused { code, detail },
        ControlResponse::Status(_) | ControlResponse::Done => ControlError::NoAnswer,
    }
}
