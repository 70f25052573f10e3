//! The server under load: a process of its own on a data folder of its own.
//!
//! Owns its start and its end, by its process id, and what the system says of it meanwhile.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use zentra_env::Env;
use zentra_events::Span;

pub(crate) struct Target {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process until it listened.
    pub(crate) started_in: Span,
}

impl Target {
    /// Starts this same binary as a server.
    pub(crate) fn start(env: &Env, data: &Path) -> Result<Target> {
        let before = env.now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn"])
            // The one caller here is the load.
            .args(["--quota", "requests_per_second=4000000000", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a server")?;
        let output = child.stdout.take().context("the server's output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let started_in = env.now().since(before);
        match line.trim().rsplit('/').next().and_then(|text| text.parse().ok()) {
            Some(address) => Ok(Target { child, address, started_in }),
            None => bail!("the server said {line:?}"),
        }
    }

    /// Resident memory in bytes, as Linux tells it; none where it does not.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kib * 1_024)
    }

    /// Kills it as the system would for want of memory.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Stops it by SIGTERM and waits for a clean end.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status()?;
        let status = self.child.wait()?;
        if !told.success() || !status.success() {
            bail!("the server did not end cleanly: {status}");
        }
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // After a clean end there is nothing to kill; after an error it must not stay.
        let _ended = self.child.kill().and_then(|()| self.child.wait()).is_err();
    }
}

/// Reads over one kept connection.
pub(crate) struct Reader {
    http: Client<HttpConnector, Empty<Bytes>>,
    address: SocketAddr,
    authorization: String,
}

impl Reader {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Reader {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Reader { http, address, authorization: format!("Bearer {key}") }
    }

    /// What the server answers to a GET; it must be a 200.
    pub(crate) async fn get(&mut self, path: &str) -> Result<serde_json::Value> {
        let request = http::Request::get(format!("http://{}{path}", self.address))
            .header("authorization", &self.authorization)
            .body(Empty::new())?;
        let response = self.http.request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != http::StatusCode::OK {
            bail!("{path}: {status} {}", String::from_utf8_lossy(&body));
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
