//! The way to the relay: the engine's client loop, run to its end on this thread.

use std::future::Future;
use std::time::Duration;

pub(crate) use poo_core::net::{
    NetError, News, Options, SyncReport, admit, attend, await_device, fetch_file, join_device,
    redeem, sync_with_files, watch,
};

use crate::problem::Problem;

/// Runs network work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, NetError>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Problem::Runtime)?;
    Ok(runtime.block_on(work)?)
}

/// Looks again and again, so often, until the person asks to end.
pub(crate) fn look_until_asked(
    interval: Duration,
    mut look: impl FnMut() -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut looked = Ok(());
    block_on(async {
        let looking = async {
            while looked.is_ok() {
                looked = look();
                tokio::time::sleep(interval).await;
            }
        };
        tokio::select! {
            () = looking => {}
            () = asked_to_end() => {}
        }
        Ok(())
    })?;
    looked
}

/// Done when the person, or the system, asks the program to end.
pub(crate) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler, only the system's own way to end a process is left.
        std::future::pending::<()>().await;
    }
}
