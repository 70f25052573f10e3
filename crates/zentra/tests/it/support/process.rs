//! A server as a real process on its own data folder, ended by its process id.

use crate::support::http::Client;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The binary under test.
pub(crate) const ZENTRA: &str = env!("CARGO_BIN_EXE_zentra");

/// A data folder that is removed at the end, with a key to it.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) key: String,
    /// What runs the binary where the folder is; nothing where that is here.
    enter: Vec<String>,
    _disk: Option<SmallDisk>,
}

/// A file system of a few mebibytes on a folder, seen in a namespace of its own only; gone when
/// this is dropped.
struct SmallDisk(Child);

impl SmallDisk {
    fn on(folder: &Path, mebibytes: u32) -> SmallDisk {
        // `cat` holds the namespace until its input ends.
        let hold = format!("mount -t tmpfs -o size={mebibytes}m none \"$0\" && echo ready && cat");
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &hold])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "user namespaces (unshare) and tmpfs are there");
        SmallDisk(holder)
    }

    fn enter(&self) -> Vec<String> {
        let pid = self.0.id().to_string();
        let words = ["nsenter", "--target", &pid, "--user", "--mount", "--preserve-credentials"];
        words.map(str::to_owned).to_vec()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It ends with its input anyway.
        let _ended = self.0.kill().and_then(|()| self.0.wait()).is_err();
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    key: String,
}

impl Site {
    /// A new folder with an admin key of `workspace_scope` for `svc_runtime`.
    pub(crate) fn new() -> Site {
        Site::in_folder(tempfile::tempdir().unwrap(), None)
    }

    /// As `new`, on a file system of so many mebibytes.
    pub(crate) fn on_small_disk(mebibytes: u32) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let disk = SmallDisk::on(folder.path(), mebibytes);
        Site::in_folder(folder, Some(disk))
    }

    fn in_folder(folder: TempDir, disk: Option<SmallDisk>) -> Site {
        let enter = disk.as_ref().map(SmallDisk::enter).unwrap_or_default();
        let mut site = Site { folder, key: String::new(), enter, _disk: disk };
        site.key = site.create_key("workspace_scope", "svc_runtime", &["admin"]);
        site
    }

    /// A program where the folder is.
    fn program(&self, program: &str) -> Command {
        let mut words = self.enter.iter().map(String::as_str).chain([program]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        command
    }

    /// Runs a program beside the data folder, with these words after it.
    pub(crate) fn beside_data(&self, program: &str, args: &[&str]) {
        let mut command = self.program("sh");
        let line = format!("cd \"$0\" && {program} \"$@\"");
        command.args(["-c", &line]).arg(self.folder.path()).args(args);
        assert!(command.status().unwrap().success(), "{program} {args:?}");
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Makes a key, beside a server or without one.
    pub(crate) fn create_key(&self, scope: &str, actor: &str, roles: &[&str]) -> String {
        let mut command = self.program(ZENTRA);
        command.args(["key", "create", "--scope", scope, "--actor", actor, "--data"]);
        command.arg(self.data());
        for role in roles {
            command.args(["--role", role]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts a server with more flags.
    pub(crate) fn serve(&self, flags: &[&str]) -> Server {
        self.serve_as(self.program(ZENTRA), flags)
    }

    /// As `serve`, in a process that may open only so many files.
    pub(crate) fn serve_with_files(&self, files: u32, flags: &[&str]) -> Server {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), ZENTRA]);
        self.serve_as(shell, flags)
    }

    /// As `serve`, with what its filter lets through in a file.
    pub(crate) fn serve_logged(&self, log: File, filter: &str, flags: &[&str]) -> Server {
        let mut command = self.program(ZENTRA);
        command.stderr(log);
        self.serve_as(command, &[&["--log-filter", filter], flags].concat())
    }

    /// As `serve`, with what the command brings along.
    pub(crate) fn serve_as(&self, mut command: Command, flags: &[&str]) -> Server {
        // The machine's disk may be nearly full; a flag wins over this.
        command.env("ZENTRA_DISK_FREE_MIN_BYTES", "1");
        command.env("ZENTRA_LOG_FILTER", "warn").args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--allow-address", "127.0.0.0/8", "--data"]).arg(self.data()).args(flags);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("the server said {line:?}"));
        Server { child, address, key: self.key.clone() }
    }

    /// Runs a subcommand on this data folder.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.program(ZENTRA).args(args).arg("--data").arg(self.data()).output().unwrap()
    }
}

impl Server {
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address, &self.key)
    }

    pub(crate) fn client_with(&self, key: &str) -> Client {
        Client::new(self.address, key)
    }

    /// Whether the process still runs.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// What Linux tells of the process's memory in a field of its status, in MiB: `VmRSS` for now,
    /// `VmHWM` for its peak.
    pub(crate) fn memory_mib(&self, field: &str) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        let kib: u64 = line.trim_matches([':', '\t', ' ', 'k', 'B']).parse().unwrap();
        kib / 1_024
    }

    /// SIGKILL, at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit must be clean.
    pub(crate) fn stop(mut self) {
        self.terminate();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "a clean stop exits with {status}");
    }

    /// SIGTERM, without waiting.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for the end of the process; its exit code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; what matters is that it does not outlive the test.
        let _ended = self.child.kill().and_then(|()| self.child.wait()).is_err();
    }
}
