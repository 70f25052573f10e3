//! The file that is there while the server takes requests.
//!
//! Whoever started the server waits for it, and reads where it listens. Owns that it appears whole,
//! and that no file of somebody else's is removed. One that a killed server left is removed before
//! the next one starts.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use zentra_store::files;

/// What the file's text begins with.
const BEGINS: &[u8] = b"http://";
/// The longest text: a URL.
const BYTES_MAX: u64 = 512;

/// The file; removed when this is dropped.
#[derive(Debug)]
pub struct ReadyFile {
    path: PathBuf,
}

impl ReadyFile {
    /// Takes the path: from now on there is no such file until [`ReadyFile::write`].
    ///
    /// # Errors
    /// When its folder is not there, there is a file that no server wrote, or the system refuses.
    pub fn take(path: &Path) -> io::Result<ReadyFile> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let wrong = format!("there is no folder {}; make it first", folder.display());
            return Err(io::Error::new(ErrorKind::NotFound, wrong));
        }
        match files::read(path, BYTES_MAX) {
            Ok(text) if text.is_empty() || text.starts_with(BEGINS) => fs::remove_file(path)?,
            Ok(_) => {
                let wrong = "it is there already, and no server wrote it; name another file";
                return Err(io::Error::new(ErrorKind::AlreadyExists, wrong));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(ReadyFile { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes where the server listens.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, url: &str) -> io::Result<()> {
        files::replace(&self.path, |file| file.write_all(format!("{url}\n").as_bytes()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, path = %self.path.display(), "the ready file stays");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_from_when_it_is_written_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready");
        fs::write(&path, "http://127.0.0.1:1\n").unwrap();
        let ready = ReadyFile::take(&path).unwrap();
        assert!(!path.exists(), "what a killed server left is gone");
        ready.write("http://127.0.0.1:7717").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "http://127.0.0.1:7717\n");
        drop(ready);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_before_anything_starts() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = ReadyFile::take(&folder.path().join("run/ready")).unwrap_err().to_string();
        assert!(wrong.contains(&folder.path().join("run").display().to_string()), "{wrong}");
    }

    #[test]
    fn files_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        for text in ["buy milk".to_owned(), "http://x".repeat(100)] {
            fs::write(&path, &text).unwrap();
            assert!(ReadyFile::take(&path).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(ReadyFile::take(&link).is_err() && link.exists());
    }
}
