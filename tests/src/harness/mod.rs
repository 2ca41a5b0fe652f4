//! Real programs over real sockets: a relay that can be killed, and homes of people who use it.
//!
//! Everything is in a temporary folder and listens on loopback. Whatever a test started ends when
//! it is dropped. A failure says what the programs said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "only tests use it, and there a panic is how a failure is told"
)]

mod home;
mod http;
mod receiver;
mod relay;
mod running;
mod stream;

use std::path::Path;
use std::time::Duration;

pub use home::{Home, Run};
pub use http::{Answer, Caller};
pub use receiver::{Receiver, Request};
pub use relay::{ANY_PORT, Relay};
pub use running::Running;
pub use stream::{Listener, Told};
use tempfile::TempDir;

/// No condition takes so long unless something hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the programs are. Only an integration test is told: make it by [`programs!`].
///
/// [`programs!`]: crate::programs
#[derive(Debug, Clone, Copy)]
pub struct Programs {
    /// The command line.
    pub poo: &'static str,
    /// The relay.
    pub server: &'static str,
}

/// The programs that cargo built for this test.
#[macro_export]
macro_rules! programs {
    () => {
        $crate::harness::Programs {
            poo: env!("CARGO_BIN_EXE_poo-under-test"),
            server: env!("CARGO_BIN_EXE_poo-server-under-test"),
        }
    };
}

/// A folder for one test, gone when it is dropped, and the programs that run in it.
#[derive(Debug)]
pub struct Stage {
    dir: TempDir,
    programs: Programs,
}

impl Stage {
    /// An empty one.
    #[must_use]
    pub fn new(programs: Programs) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir, programs }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Starts a relay with a new identity.
    #[must_use]
    pub fn relay(&self, name: &str) -> Relay {
        Relay::start(self.programs, &self.dir.path().join(name))
    }

    /// The same with further arguments.
    #[must_use]
    pub fn relay_with(&self, name: &str, more: &[&str]) -> Relay {
        let data = self.dir.path().join(name);
        Relay::try_start_with(self.programs, &data, ANY_PORT, more)
            .unwrap_or_else(|run| panic!("the relay does not start: {run:?}"))
    }

    /// A folder without an identity.
    #[must_use]
    pub fn empty(&self, name: &str) -> Home {
        Home::at(self.programs, self.dir.path().join(name))
    }

    /// A new identity called `name` that syncs with `relay`.
    #[must_use]
    pub fn person(&self, name: &str, relay: &Relay) -> Home {
        let home = self.empty(name);
        home.ok(&["init", "--name", name, "--relay", relay.url()]);
        home
    }

    /// A new agent with an identity of its own that syncs with `relay` and acts for `owner`.
    #[must_use]
    pub fn agent(&self, name: &str, relay: &Relay, owner: &Home) -> Home {
        let home = self.empty(name);
        let owner = owner.did();
        home.ok(&[
            "init",
            "--name",
            name,
            "--relay",
            relay.url(),
            "--agent",
            "--platform",
            "openclaw",
            "--owner",
            &owner,
        ]);
        home
    }
}

/// Syncs one after the other until a whole round brings nobody anything.
pub fn sync_until_quiet(homes: &[&Home]) {
    for _ in 0..12 {
        let mut quiet = true;
        for home in homes {
            let report = home.json(&["sync"]);
            assert_eq!(report["refused"], serde_json::json!([]), "{home:?}");
            quiet &= report["received"] == 0 && report["sent"] == 0;
        }
        if quiet {
            return;
        }
    }
    panic!("twelve rounds of syncing and still something moves");
}

/// Waits until `ready` says so. Panics, with `what`, where it never does.
pub fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let begun = now();
    while !ready() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a deadline, so that a hanging test ends"
)]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}
