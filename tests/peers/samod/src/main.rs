//! A sync server of samod on its file system storage: samod-server FOLDER PORT

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use axum::routing::get;
use samod::storage::TokioFilesystemStorage;
use samod::{AcceptorHandle, Repo, ShareConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("samod-server FOLDER PORT")?;
    let port: u16 = args.next().ok_or("samod-server FOLDER PORT")?.parse()?;
    let repo = Repo::builder(tokio::runtime::Handle::current())
        .with_storage(TokioFilesystemStorage::new(&folder))
        // Documents are given to whoever asks for them, and offered to nobody.
        .with_share_policy(ShareConfig::read_write().with_announce(false))
        .load()
        .await;
    let acceptor = repo.make_acceptor(url::Url::parse(&format!("ws://127.0.0.1:{port}"))?)?;
    let router = Router::new().route("/", get(sync)).with_state(acceptor);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on ws://127.0.0.1:{port}");
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        served = async { axum::serve(listener, router).await } => served?,
        _ = end.recv() => repo.stop().await,
    }
    Ok(())
}

async fn sync(State(acceptor): State<AcceptorHandle>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |socket| {
        if let Err(error) = acceptor.accept_axum(socket, None) {
            eprintln!("samod has ended: {error}");
        }
    })
}
