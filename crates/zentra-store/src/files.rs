//! Files and folders that are for their owner only, opened without following links.
//!
//! Whoever could put a link in a data folder would else have a file elsewhere emptied or read in
//! place of ours. Owns modes and flags. Must not know what is in a file.

use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Opens a file for reading.
///
/// # Errors
/// When it is a link or no file, or the system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true), path)
}

/// Opens a file that is there for reading and writing.
///
/// # Errors
/// As [`open`].
pub fn open_to_write(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true).write(true), path)
}

/// Opens a file for reading and writing; it is made where it is missing.
///
/// # Errors
/// As [`open`]; also when the file has another name, too.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    let file = opened(OpenOptions::new().read(true).write(true).create(true).mode(0o600), path)?;
    if file.metadata()?.nlink() > 1 {
        let wrong = "it has another name, too (a hard link), which would change with it: put a \
                     file of its own there";
        return Err(io::Error::new(ErrorKind::InvalidInput, wrong));
    }
    Ok(file)
}

/// Makes a file, or empties the one that is there.
///
/// # Errors
/// As [`open_or_create`].
pub fn create(path: &Path) -> io::Result<File> {
    let file = open_or_create(path)?;
    file.set_len(0)?;
    Ok(file)
}

/// Makes a file that is not there yet.
///
/// # Errors
/// `AlreadyExists`, also for a link, or when the system refuses.
pub fn create_new(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true).write(true).create_new(true).mode(0o600), path)
}

/// Puts a file in the place of the one that is there, or where there is none, in one step: `write`
/// fills one beside it (`<name>.new`), which is synced and takes the name. Whatever cuts this off
/// leaves the name with all of the old file or all of the new one.
///
/// # Errors
/// When `write` fails, the name is a link's, or the system refuses; then the old file is there.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    refuse_link(path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = create(Path::new(&beside))?;
    write(&mut file)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes a folder that others of ours are in, and those above it that are missing. It may be a link
/// to one elsewhere: whoever names it has the say. Nothing in it may be.
///
/// # Errors
/// When the system refuses.
pub fn make_root(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a folder, and those above it that are missing. The folder itself may not be a link.
///
/// # Errors
/// When it is a link or no folder, or the system refuses.
pub fn make_folder(path: &Path) -> io::Result<()> {
    make_root(path)?;
    refuse_link(path)
}

/// Refuses a path that is a link; one that is not there is none.
///
/// # Errors
/// When it is a link, or the system refuses.
pub fn refuse_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(is_link()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The bytes of a file that has so many at the most.
///
/// # Errors
/// As [`open`], and when it has more.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let wrong = format!("it has more than {bytes_max} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, wrong));
    }
    Ok(bytes)
}

fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // A pipe in place of a file would keep whoever opens it.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options.custom_flags(flags.bits() as i32).open(path).map_err(|error| {
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            return is_link();
        }
        error
    })?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
    }
    Ok(file)
}

fn is_link() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        "it is a symbolic link, and none is followed in a data folder or a backup: put the file \
         itself there",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_are_refused_and_what_they_name_is_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let (other, link) = (folder.path().join("other"), folder.path().join("link"));
        fs::write(&other, b"kept").unwrap();
        symlink(&other, &link).unwrap();
        let ways: [fn(&Path) -> io::Result<File>; 5] =
            [open, open_to_write, open_or_create, create, create_new];
        for way in ways {
            assert!(way(&link).is_err());
            assert_eq!(fs::read(&other).unwrap(), b"kept");
        }
        assert!(open(&link).unwrap_err().to_string().contains("symbolic link"));
        assert!(open(folder.path()).unwrap_err().to_string().contains("not a file"));
        fs::remove_file(&link).unwrap();
        fs::hard_link(&other, &link).unwrap();
        assert!(create(&link).is_err());
        assert_eq!(fs::read(&other).unwrap(), b"kept");
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        replace(&file, |file| file.write_all(b"one")).unwrap();
        let cut_off = replace(&file, |file| {
            file.write_all(b"tw")?;
            assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"one");
            Err(ErrorKind::StorageFull.into())
        });
        assert_eq!(cut_off.unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        // What was cut off before is in nobody's way.
        replace(&file, |file| file.write_all(b"2")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"2");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let link = folder.path().join("link");
        symlink(&file, &link).unwrap();
        assert!(replace(&link, |_| Ok(())).is_err() && link.is_symlink());
    }

    #[test]
    fn what_is_made_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let (file, inner) = (folder.path().join("file"), folder.path().join("a/b"));
        create_new(&file).unwrap();
        make_folder(&inner).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&file), mode(&inner), mode(&folder.path().join("a"))),
            (0o600, 0o700, 0o700)
        );
        assert_eq!(read(&file, 0).unwrap(), b"");
        fs::write(&file, [0; 9]).unwrap();
        assert!(read(&file, 8).is_err());
    }
}
