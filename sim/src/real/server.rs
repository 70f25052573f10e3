//! A server as a real process on its own data folder, ended by its process id.
//!
//! Owns the folder, the process and its clock. Must not know what it is asked.

use crate::failure::{Checked, fail, must};
use crate::faults::{Fault, Met};
use crate::temporary::Place;
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::rc::Rc;
use tempfile::TempDir;

/// Where Debian's package `faketime` puts what is loaded into the server alone.
const CLOCK_LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// A data folder, and how its servers run. It is gone when this is dropped.
pub(super) struct Site {
    binary: PathBuf,
    folder: TempDir,
    /// By how many nanoseconds the servers' clock is off; none where it is the machine's.
    off: Option<i64>,
    met: Rc<Cell<Met>>,
}

/// A running server. It does not outlive this.
pub(super) struct Server {
    child: Child,
    /// It stays open, so that the server can say more.
    _said: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
    met: Rc<Cell<Met>>,
}

impl Site {
    /// An empty folder. With a clock of its own, that can be set.
    pub(super) fn new(binary: &Path, own_clock: bool) -> Checked<Site> {
        let folder = Place::Disk.folder();
        let site = Site {
            binary: binary.to_owned(),
            folder,
            off: own_clock.then_some(0),
            met: Rc::default(),
        };
        if own_clock {
            site.shows()?;
        }
        Ok(site)
    }

    /// The data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the last server said.
    pub(super) fn said(&self) -> String {
        let said = std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// How often a server was killed, stopped and held up, and its clock set.
    pub(super) fn met(&self) -> Met {
        self.met.get()
    }

    /// By how many nanoseconds the servers' clock is off.
    pub(super) fn off(&self) -> i64 {
        self.off.unwrap_or(0)
    }

    /// Sets the clock by so many nanoseconds, of a server that runs, too.
    pub(super) fn sets_the_clock(&mut self, by: i64) -> Checked {
        if let Some(off) = &mut self.off {
            *off = off.saturating_add(by);
            add(&self.met, Fault::Clock);
            self.shows()?;
        }
        Ok(())
    }

    fn clock(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// The file is another one at once: a reader sees one of both.
    fn shows(&self) -> Checked {
        let off = self.off();
        let sign = if off < 0 { '-' } else { '+' };
        let (seconds, rest) =
            (off.unsigned_abs() / 1_000_000_000, off.unsigned_abs() % 1_000_000_000);
        let next = self.folder.path().join("clock.next");
        told("the clock", std::fs::write(&next, format!("{sign}{seconds}.{rest:09}\n")))?;
        told("the clock", std::fs::rename(&next, self.clock()))
    }

    /// A program of the product. It does not outlive this thread, even when that is killed.
    fn program(&self) -> Checked<Command> {
        let mut command = dying_with_this();
        // The clock's library is loaded into the program alone, which takes the place of `env`.
        command.arg("env");
        // The machine's disk may be nearly full.
        command.args(["ZENTRA_DISK_FREE_MIN_BYTES=1", "ZENTRA_LOG_FILTER=warn"]);
        if self.off.is_some() {
            let found = CLOCK_LIBRARIES.iter().find(|library| Path::new(library).exists());
            let Some(library) = found else {
                return fail("Debian's faketime is not there: `cargo xtask judges` installs it");
            };
            command.arg(format!("LD_PRELOAD={library}"));
            command.arg(format!("FAKETIME_TIMESTAMP_FILE={}", self.clock().display()));
            command.args(["FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_NO_CACHE=1"]);
        }
        command.arg(&self.binary);
        Ok(command)
    }

    /// Makes a key of a scope, beside a server or without one.
    pub(super) fn key(&self, scope: &str, role: &str) -> Checked<String> {
        let args = ["key", "create", "--scope", scope, "--actor", "tester", "--role", role];
        let output = self.ran(&args)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs a subcommand on the data folder, which must succeed.
    pub(super) fn ran(&self, args: &[&str]) -> Checked<Output> {
        let output = self.program()?.args(args).arg("--data").arg(self.data()).output();
        let output = told("zentra", output)?;
        must(output.status.success(), || {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("zentra {args:?} ends with {}: {said}", output.status)
        })?;
        Ok(output)
    }

    /// A copy of the folder, made beside a server, is whole.
    pub(super) fn is_backed_up(&self) -> Checked {
        let copy = self.folder.path().join("copy").display().to_string();
        self.ran(&["backup", &copy])?;
        let verified = told("zentra", self.program()?.args(["backup", "verify", &copy]).output())?;
        must(verified.status.success(), || {
            format!("a backup is not whole: {}", String::from_utf8_lossy(&verified.stderr))
        })
    }

    /// Starts a server, and waits until it says where it listens.
    pub(super) fn serve(&self) -> Checked<Server> {
        let said = told("a file", File::create(self.folder.path().join("said")))?;
        let mut command = self.program()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--allow-address", "127.0.0.0/8"]);
        command.args(["--segment-bytes", "1048576", "--snapshot-entries", "200"]);
        command.args(["--seal-after-ms", "20", "--drain-timeout-ms", "3000", "--data"]);
        command.arg(self.data()).stdout(Stdio::piped()).stderr(said);
        let mut child = told("zentra serve", command.spawn())?;
        let Some(stdout) = child.stdout.take() else { return fail("a server without a voice") };
        let (mut line, mut stdout) = (String::new(), BufReader::new(stdout));
        let read = stdout.read_line(&mut line);
        let address = line.trim().rsplit('/').next().and_then(|text| text.parse().ok());
        match address {
            Some(address) => {
                Ok(Server { child, _said: stdout, address, met: Rc::clone(&self.met) })
            }
            None => {
                ends(&mut child);
                fail(format!("a server does not start: {read:?} {line}\n{}", self.said()))
            }
        }
    }
}

/// Whether this program is the product.
///
/// # Errors
/// What it is instead.
pub(super) fn is_zentra(binary: &Path) -> Result<(), String> {
    let output = dying_with_this().arg(binary).arg("--version").output();
    let output = output.map_err(|error| format!("setpriv, of util-linux: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && said.starts_with("zentra ") {
        return Ok(());
    }
    let (binary, errors) = (binary.display(), String::from_utf8_lossy(&output.stderr));
    let said = said.lines().chain(errors.lines()).next().unwrap_or("nothing");
    Err(format!("--real: {binary} is no zentra; asked for its version, it says: {said}"))
}

/// A program that follows as arguments, and is killed when the thread that starts it ends.
fn dying_with_this() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]);
    command
}

impl Server {
    /// SIGKILL.
    pub(super) fn kill(mut self) {
        add(&self.met, Fault::Crash);
        ends(&mut self.child);
    }

    /// SIGTERM; it must end well.
    pub(super) fn stop(mut self) -> Checked {
        add(&self.met, Fault::Stop);
        self.signal("TERM")?;
        let status = told("a server", self.child.wait())?;
        must(status.success(), || format!("a clean stop ends with {status}"))
    }

    /// SIGSTOP and SIGCONT, or another.
    pub(super) fn signal(&self, signal: &str) -> Checked {
        if signal == "STOP" {
            add(&self.met, Fault::Slow);
        }
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &pid]).status();
        must(told("kill", sent)?.success(), || format!("no SIG{signal} for the server"))
    }

    /// Whether it ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        ends(&mut self.child);
        // What the clock's library shares with the children of a process that was killed.
        for name in ["sem.faketime_sem_", "faketime_shm_"] {
            let left = format!("/dev/shm/{name}{}", self.child.id());
            let _may_not_be_there = std::fs::remove_file(left).is_err();
        }
    }
}

fn add(met: &Cell<Met>, fault: Fault) {
    let mut more = met.get();
    more.add(fault);
    met.set(more);
}

fn ends(child: &mut Child) {
    let _has_ended_before = child.kill().is_err();
    let _was_waited_for = child.wait().is_err();
}

/// What the machine refuses ends the run.
pub(super) fn told<T>(what: &str, done: std::io::Result<T>) -> Checked<T> {
    done.or_else(|error| fail(format!("{what}: {error}")))
}
