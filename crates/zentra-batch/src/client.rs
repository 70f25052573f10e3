//! A small client that sends batches over one connection.
//!
//! Owns the connection, the request's headers and what each status means. Plain HTTP only: beyond
//! one machine or a trusted network, put something that speaks TLS in front. Must not know what is
//! in a batch, and repeats nothing by itself.

use crate::codec::{BatchError, decode_answer};
use crate::wire::{MEDIA_TYPE, OutcomeV1};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Bytes of an answer at most; the largest has 155,620.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a refusal that are kept.
const REFUSAL_BYTES_MAX: usize = 4 * 1024;
/// How long to wait when an overloaded server does not say.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);

/// Why a batch has no outcomes.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no connection.
    #[error("cannot connect; check the address and that the server runs: {0}")]
    Connect(#[source] std::io::Error),
    /// The key cannot stand in a header.
    #[error("the key has characters that no key has; pass it as it was shown")]
    Key,
    /// The connection failed or was closed. Whether the batch was taken is not known.
    #[error("the connection failed; connect again and repeat the same bytes: {0}")]
    Connection(#[source] hyper::Error),
    /// The server has too much waiting, or is about to stop.
    #[error("the server is overloaded; repeat the same bytes in {} s", retry_after.as_secs())]
    Overloaded {
        /// How long to wait before the same bytes are sent again.
        retry_after: Duration,
    },
    /// The server refused the batch as a whole.
    #[error("the server answered {status}; correct what it names: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The `application/problem+json` text; cut after 4 KiB.
        body: String,
    },
    /// The answer is larger than any answer to a batch.
    #[error(
        "the answer has more than {ANSWER_BYTES_MAX} bytes; check that the address is Zentra's"
    )]
    AnswerTooLarge,
    /// The answer is not one to a batch. The batch may have been taken.
    #[error("the answer cannot be read; check that the address is Zentra's: {0}")]
    Answer(#[source] BatchError),
}

/// One kept-alive HTTP/1.1 connection, without TLS, that sends one batch after the other.
///
/// The connection ends when the client is dropped.
#[derive(Debug)]
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    host: HeaderValue,
    authorization: HeaderValue,
}

impl Client {
    /// Connects; sends nothing yet. The key is one of the scope's that may submit intents. Needs a
    /// tokio runtime, where the connection gets a task of its own.
    ///
    /// # Errors
    /// [`ClientError::Key`], [`ClientError::Connect`] or [`ClientError::Connection`].
    pub async fn connect(address: SocketAddr, key: &str) -> Result<Client, ClientError> {
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| ClientError::Key)?;
        authorization.set_sensitive(true);
        let host = HeaderValue::try_from(address.to_string())
            .expect("an address in text is digits, letters, colons, dots, brackets and percents");
        let stream = TcpStream::connect(address).await.map_err(ClientError::Connect)?;
        stream.set_nodelay(true).map_err(ClientError::Connect)?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(ClientError::Connection)?;
        // How the connection ended is told to the request that it ends.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Client { sender, driver, host, authorization })
    }

    /// Sends a batch, and waits for its answer as long as the server takes: one outcome for each
    /// item, in their order, all durable.
    ///
    /// A call that failed, or whose answer was lost, is repeated with the same bytes: intents that
    /// were taken already come back as [`OutcomeV1::Replayed`]. After
    /// [`ClientError::Overloaded`] and [`ClientError::Refused`] the client can be used on; after
    /// the other errors, or when this call is dropped before its end, connect again.
    ///
    /// # Errors
    /// When there is no answer, or the server did not take the batch.
    pub async fn submit(&mut self, batch: Bytes) -> Result<Vec<OutcomeV1>, ClientError> {
        self.sender.ready().await.map_err(ClientError::Connection)?;
        let request = self.request(batch);
        let response = self.sender.send_request(request).await.map_err(ClientError::Connection)?;
        let (head, body) = response.into_parts();
        // Also a refusal is read to its end, or the connection could not be used on.
        let body = collect(body).await?;
        match head.status {
            StatusCode::OK => decode_answer(&body).map_err(ClientError::Answer),
            StatusCode::SERVICE_UNAVAILABLE => {
                Err(ClientError::Overloaded { retry_after: retry_after(&head.headers) })
            }
            status => Err(ClientError::Refused { status: status.as_u16(), body: excerpt(&body) }),
        }
    }

    fn request(&self, batch: Bytes) -> Request<Full<Bytes>> {
        let form = HeaderValue::from_static(MEDIA_TYPE);
        let mut request = Request::new(Full::new(batch));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static("/intents/batch");
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(CONTENT_TYPE, form.clone());
        headers.insert(ACCEPT, form);
        request
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn collect(body: Incoming) -> Result<Bytes, ClientError> {
    let collected = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    // What is not the connection's error is the limit's.
    let collected = collected.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => ClientError::Connection(*error),
        Err(_) => ClientError::AnswerTooLarge,
    })?;
    Ok(collected.to_bytes())
}

/// Whole seconds; the other form of the header, a date, counts as missing.
fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|given| given.to_str().ok()?.parse().ok());
    seconds.map_or(RETRY_AFTER_DEFAULT, Duration::from_secs)
}

fn excerpt(body: &[u8]) -> String {
    let kept = &body[..body.len().min(REFUSAL_BYTES_MAX)];
    let mut text = String::from_utf8_lossy(kept).into_owned();
    text.truncate(text.floor_char_boundary(REFUSAL_BYTES_MAX));
    text
}
