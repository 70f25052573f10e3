//! What a process sends: the product's own body, signature and headers, and its reading of answers.

use super::process::Node;
use crate::oracle::{Published, opened};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use zentra_delivery::StartAttempt;
use zentra_events::Timestamp;
use zentra_sender::{Prepared, render_payload};
use zentra_signature::SymmetricSecret;

impl Node {
    /// The message of an attempt that starts when the system's clock shows this, and its headers.
    ///
    /// # Errors
    /// When a secret or a header is none.
    pub(crate) fn message(
        &self,
        start: &StartAttempt,
        event: &Published,
        now: Timestamp,
    ) -> Result<(Prepared, HeaderMap), String> {
        let (header, to) = (&event.header, Some(start.endpoint));
        let names = self.handle.names().as_ref();
        let body = render_payload(header, start.event, &event.event, names, to);
        let mut secrets = Vec::new();
        for (version, sealed) in &start.secret_versions {
            let secret = SymmetricSecret::from_bytes(&opened(sealed));
            secrets.push((*version, Arc::new(secret.map_err(|error| error.to_string())?)));
        }
        let mut message = Prepared::unsigned(start, now);
        message.sign(Bytes::from(body), &secrets);
        let headers = message.headers(&HeaderValue::from_static("consumer.example"));
        Ok((message, headers.map_err(|error| error.to_string())?))
    }
}
