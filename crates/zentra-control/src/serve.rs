//! Answering the command line: who asks is checked, then it is a command like every other.
//!
//! Only the user that the server runs as is answered, whatever the file's mode became. What is
//! asked goes through the kernel and the log, with the command line as its actor. Owns the bounds
//! on who asks. Must not decide anything.

use crate::key::KeyWanted;
use crate::protocol::{ControlRequest, ControlResponse, LINE_BYTES_MAX, ServerStatus};
use crate::socket::ControlSocket;
use data_encoding::HEXLOWER;
use rustix::process::geteuid;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zentra_engine::Request;
use zentra_events::Code;
use zentra_runtime::{Answer, Handle, SubmitError};

/// Questions at once; the next ones wait.
const AT_ONCE_MAX: usize = 8;
/// How long a question and its answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How long a stop waits for questions under way.
const DRAINS_WITHIN: Duration = Duration::from_secs(2);
/// How long a system that is short of something is given.
const SHORT: Duration = Duration::from_millis(200);

/// What the command line can ask of.
pub struct Control {
    /// The running log.
    pub handle: Handle,
    /// Where the server listens.
    pub url: String,
    /// The version that is told.
    pub version: &'static str,
}

/// Answers until `stopping` becomes true.
pub async fn serve(socket: ControlSocket, control: Control, mut stopping: watch::Receiver<bool>) {
    let (control, places) = (Arc::new(control), Arc::new(Semaphore::new(AT_ONCE_MAX)));
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(_ended) = tasks.join_next() => continue,
            accepted = accept(&socket, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let control = Arc::clone(&control);
                tasks.spawn(async move {
                    let asked = timeout(WITHIN, control.converse(stream)).await;
                    if let Ok(Err(error)) = asked {
                        tracing::debug!(%error, "a question at the control socket broke off");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "the control socket accepts nothing");
                sleep(SHORT).await;
            }
        }
    }
    let drained = async { while tasks.join_next().await.is_some() {} };
    let _cut = timeout(DRAINS_WITHIN, drained).await.is_err();
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    socket: &ControlSocket,
    places: &Arc<Semaphore>,
) -> io::Result<(UnixStream, Place)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = socket.listener.accept().await?;
    Ok((stream, place))
}

impl Control {
    async fn converse(&self, mut stream: UnixStream) -> io::Result<()> {
        let told = match stranger(stream.peer_cred()?.uid(), geteuid().as_raw()) {
            Some(refused) => refused,
            None => {
                let mut line = String::new();
                let (reader, _) = stream.split();
                BufReader::new(reader.take(LINE_BYTES_MAX)).read_line(&mut line).await?;
                match serde_json::from_str::<ControlRequest>(&line) {
                    Ok(ask) => self.answer(ask).await,
                    Err(error) => refused(Code::ValidationFailed, error.to_string()),
                }
            }
        };
        let mut text = serde_json::to_vec(&told)?;
        text.push(b'\n');
        stream.write_all(&text).await?;
        stream.shutdown().await
    }

    /// Answers one question.
    pub async fn answer(&self, ask: ControlRequest) -> ControlResponse {
        let told = match ask {
            ControlRequest::Status {} => self.status().await,
            ControlRequest::Key { scope, actor, hash, roles, label } => {
                let hash = HEXLOWER.decode(hash.as_bytes()).ok();
                let Some(hash) = hash.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else {
                    return refused(Code::ValidationFailed, "the hash is 32 bytes in hexadecimal");
                };
                match KeyWanted::new((&scope, &actor), hash, roles, &label) {
                    Ok(wanted) => self.make_key(&wanted).await,
                    Err(wrong) => return refused(Code::ValidationFailed, wrong),
                }
            }
        };
        told.unwrap_or_else(|error| match error {
            SubmitError::Overloaded { .. } => refused(Code::Overloaded, error.to_string()),
            SubmitError::Stopped => refused(Code::Unavailable, error.to_string()),
        })
    }

    async fn status(&self) -> Result<ControlResponse, SubmitError> {
        // The kernel answers it, so that it is known to run. Where it stands may be inside a frame;
        // what is durable ends with one, and a backup of it can be made.
        self.handle.query(|_| ()).await?;
        let durable = self.handle.durable().borrow().get();
        let (url, version) = (self.url.clone(), self.version.to_owned());
        Ok(ControlResponse::Status(ServerStatus { url, version, durable }))
    }

    async fn make_key(&self, wanted: &KeyWanted) -> Result<ControlResponse, SubmitError> {
        let name = wanted.scope.clone();
        let known =
            self.handle.query(move |engine| engine.directory().scope_by_name(&name)).await?;
        let told = self.submit(wanted.request(self.handle.env(), known)).await?;
        if matches!(told, ControlResponse::Done) {
            tracing::info!(scope = %wanted.scope, "a key was made at the command line");
        }
        Ok(told)
    }

    async fn submit(&self, request: Request) -> Result<ControlResponse, SubmitError> {
        Ok(match self.handle.submit(request).await? {
            Answer::Entry(_) | Answer::Repeat(_) => ControlResponse::Done,
            Answer::Refused(refusal) => refused(refusal.code, refusal.detail),
        })
    }
}

/// What another user is told than the one that the server runs as.
fn stranger(asks: u32, own: u32) -> Option<ControlResponse> {
    if asks == own {
        return None;
    }
    tracing::warn!(uid = asks, "another user asked at the control socket");
    let detail = format!("the server runs as the user {own} and answers that one alone");
    Some(refused(Code::Forbidden, detail))
}

fn refused(code: Code, detail: impl Into<String>) -> ControlResponse {
    ControlResponse::Refused { code: code.as_str().to_owned(), detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;
    use zentra_events::ScopeNo;
    use zentra_runtime::DataFolder;
    use zentra_testkit::{scope, submit};

    #[test]
    fn only_the_user_of_the_server_is_answered() {
        assert!(stranger(1_000, 1_000).is_none());
        for asks in [0, 999, 1_001, u32::MAX] {
            let told = stranger(asks, 1_000).unwrap();
            assert!(
                matches!(told, ControlResponse::Refused { code, .. } if code == "forbidden"),
                "{asks}"
            );
        }
    }

    /// A backup ends where the server says that it stands: a frame ends there, whatever else is
    /// asked at the same moment.
    #[tokio::test]
    async fn what_a_server_says_is_durable_ends_a_frame() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path().join("data"));
        let (started, _) = zentra_testkit::start(&data, 4_096);
        let (handle, version) = (started.handle().clone(), "test");
        let control = Arc::new(Control { handle: handle.clone(), url: String::new(), version });
        let (mut asked, mut scopes) = (JoinSet::new(), JoinSet::new());
        for number in 0..1_000 {
            let (handle, control) = (handle.clone(), Arc::clone(&control));
            let made = scope(&format!("scope_{number}"));
            scopes.spawn(async move { submit(&handle, ScopeNo(0), made).await });
            asked.spawn(async move {
                match control.answer(ControlRequest::Status {}).await {
                    ControlResponse::Status(status) => status.durable,
                    other => panic!("{other:?}"),
                }
            });
        }
        scopes.join_all().await;
        let told = asked.join_all().await;
        let mut ends = std::collections::BTreeSet::from([0]);
        let all = handle.log().reader().scan(zentra_events::Position::ZERO, &mut |frame| {
            ends.insert(frame.base.get() + frame.count() as u64);
            ControlFlow::Continue(())
        });
        all.unwrap();
        assert_eq!(ends.last(), Some(&1_000));
        assert!(told.iter().all(|durable| ends.contains(durable)), "{told:?}");
        started.stop().unwrap();
    }
}
