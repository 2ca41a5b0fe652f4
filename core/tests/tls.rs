//! `wss://` is spoken: whatever answers there has to prove who it is.
#![cfg(feature = "net")]

mod common;

use std::io::Write as _;
use std::net::TcpListener;

use common::{Bench, found};
use poo_core::net::{NetError, Options, sync};

#[tokio::test]
async fn what_answers_without_a_certificate_is_no_relay() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    });
    let bench = &mut Bench::new(1);
    let mut sam = found(bench, "Sam");
    sam.set_relay(&format!("wss://{address}"), None).unwrap();
    let error = sync(&mut sam, &Options::default()).await.unwrap_err();
    let NetError::Offline { why, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        why.contains("corrupt") || why.contains("InvalidContentType"),
        "{error}"
    );
    answering.join().unwrap();
}
