//! TLS is checked against roots and names; there is no way around it.

use super::receiver::{allowing, message, names, serve_one};
use data_encoding::BASE64;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use zentra_env::Env;
use zentra_events::event::AttemptResult::{
    self, Answered, NameMismatch, NotTls, TimedOut, UnknownIssuer,
};
use zentra_http_guard::{Client, client_config};
use zentra_sender::attempt;

const AMPLE_MS: u64 = 20_000;
const SHORT_MS: u64 = 200;

/// An authority made for this test (P-256, 2020 to 2120).
const ROOT: &str = "\
    MIIBVjCB/aADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3Rlc3QgY2EwIBcNMjAwMTAxMDAwMDAwWhgP\
    MjEyMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB3Rlc3QgY2EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASeHD20\
    qAmthfeDxBzT1U/oQBJOiCqG6zQwzwgt1jaF4EjPuso9QomJrtyvWiaOSpe38G5I+5NHvMRkbCMcmGsGo0IwQDAP\
    BgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQULaagbFExkWi6cuhfRsfxi0CPDo4wCgYI\
    KoZIzj0EAwIDSAAwRQIgKBnxGyIxDwt0mHLpT4P3+F+zYMoH1BT1DXYEUasFyQYCIQCUi4Gsz0q1pVd0iLq17VyX\
    hG4o4hQ9wlPAsBPj5gE4Yw==";

/// Signed by it for `receiver.test`.
const CERTIFICATE: &str = "\
    MIIBrDCCAVKgAwIBAgIBAjAKBggqhkjOPQQDAjASMRAwDgYDVQQDDAd0ZXN0IGNhMCAXDTIwMDEwMTAwMDAwMFoY\
    DzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYDVQQDDA1yZWNlaXZlci50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\
    QgAEWwZ76Fcj/uuIFd7LdNwR7iiQAKr6ab+skeuL9Bs86Zb/KVNWji3DztAPzKVtvoofFI1eKcH2WjZi790lx4CU\
    CaOBkDCBjTAYBgNVHREEETAPgg1yZWNlaXZlci50ZXN0MAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMBMG\
    A1UdJQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQWBBQ3U3STaJCLmVHc1ysj7y9qeDbHHzAfBgNVHSMEGDAWgBQtpqBs\
    UTGRaLpy6F9Gx/GLQI8OjjAKBggqhkjOPQQDAgNIADBFAiEA116W2Ou8rFLpwSRLRM0Z5RiXvxlCbfx0GVLlZNDi\
    A7wCIBSbzBN8CtijVMzvO8GQbRWlYqUQbuP3hjenW8m/QfXD";

/// The key of that certificate; it opens nothing anywhere.
const KEY: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHYWmGswRz9xPHNIUgBi9mRxUDes1n+FB079/gFQP\
    wwyhRANCAARbBnvoVyP+64gV3st03BHuKJAAqvppv6yR64v0Gzzplv8pU1aOLcPO0A/MpW2+ih8UjV4pwfZaNmLv\
    3SXHgJQJ";

fn bytes(text: &str) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).unwrap()
}

fn root() -> CertificateDer<'static> {
    CertificateDer::from(bytes(ROOT))
}

/// A receiver that speaks TLS with the certificate above; returns its port.
async fn secure_receiver() -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(bytes(KEY)));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(bytes(CERTIFICATE))], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                serve_one(&mut stream).await;
            }
        }
    });
    port
}

async fn result(host: &str, port: u16, roots: &[CertificateDer<'static>]) -> AttemptResult {
    let resolver = names(&[(host, &["127.0.0.1"])]);
    let tls = client_config(roots).unwrap();
    let client = Client::new(&Env::for_tests(), allowing(&["127.0.0.0/8"]), resolver, tls);
    attempt(&client, message(format!("https://{host}:{port}/"), AMPLE_MS))
        .await
        .unwrap()
        .attempt
        .result
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_for_the_name_is_taken() {
    let port = secure_receiver().await;
    assert_eq!(result("receiver.test", port, &[root()]).await, Answered(200));
}

#[tokio::test]
async fn an_unknown_authority_or_another_name_is_refused() {
    let port = secure_receiver().await;
    assert_eq!(result("receiver.test", port, &[]).await, UnknownIssuer);
    assert_eq!(result("other.test", port, &[root()]).await, NameMismatch);
    assert_eq!(result("127.0.0.1", port, &[root()]).await, NameMismatch);
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_fails() {
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = plain.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 X\r\n\r\n").await.unwrap();
    });
    assert_eq!(result("receiver.test", port, &[root()]).await, NotTls);
    server.await.unwrap();
}

#[tokio::test]
async fn a_peer_that_never_answers_the_handshake_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let tls = client_config(&[root()]).unwrap();
    let client = Client::new(&Env::for_tests(), allowing(&["127.0.0.0/8"]), names(&[]), tls);
    assert_eq!(attempt(&client, message(url, SHORT_MS)).await.unwrap().attempt.result, TimedOut);
}
