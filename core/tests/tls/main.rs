//! `wss://` is spoken: whatever answers there has to prove who it is.
#![cfg(feature = "net")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use common::{Bench, found};
use poo_core::net::{NetError, Options, sync, watch};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

/// A certificate that nobody vouches for, and its key. It serves no other purpose.
const SELF_SIGNED: &[u8] = include_bytes!("self-signed.pem");

/// Answers one connection.
fn answer(with: impl FnOnce(TcpStream) + Send + 'static) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || with(listener.accept().unwrap().0));
    (address, answering)
}

/// Shakes hands with a certificate of its own making.
fn self_signed(mut stream: TcpStream) {
    let certificate = CertificateDer::from_pem_slice(SELF_SIGNED).unwrap();
    let key = PrivateKeyDer::from_pem_slice(SELF_SIGNED).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
    // The client ends it.
    while tls.complete_io(&mut stream).is_ok() && tls.is_handshaking() {}
}

#[tokio::test]
async fn what_answers_without_tls_is_not_trusted() {
    let (address, answering) = answer(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        // What the client still says must not make the system drop the answer.
        let mut rest = Vec::new();
        if stream.read_to_end(&mut rest).is_err() {
            // It went away at once.
        }
    });
    let bench = &mut Bench::new(1);
    let mut sam = found(bench, "Sam");
    sam.set_relay(&format!("wss://{address}"), None).unwrap();
    let error = sync(&mut sam, &Options::default()).await.unwrap_err();
    assert!(matches!(error, NetError::Untrusted { .. }), "{error}");
    answering.join().unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_ends_a_watch_instead_of_being_tried_again() {
    let (address, answering) = answer(self_signed);
    let bench = &mut Bench::new(2);
    let mut sam = found(bench, "Sam");
    sam.set_relay(&format!("wss://{address}"), None).unwrap();
    let never = std::future::pending::<()>();
    let watched = watch(&mut sam, &Options::default(), |_| {}, never).await;
    let error = watched.unwrap_err();
    let NetError::Untrusted { why, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        why.contains("UnknownIssuer") || why.contains("CaUsedAsEndEntity"),
        "{why}"
    );
    assert!(!error.is_offline());
    answering.join().unwrap();
}
