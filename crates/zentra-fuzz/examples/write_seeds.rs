//! Writes the seeds of each target to a folder of its name: `write_seeds <folder>`.

use std::fs;
use std::io::{Error, Result};
use std::path::Path;
use zentra_fuzz::{TARGETS, seeds::seeds};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| Error::other("name a folder"))?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    for (target, _) in TARGETS {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds(target, &fixtures)?.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
