//! A sign of life for work that takes longer than a moment, where somebody watches.

use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Work that ends sooner shows nothing.
const MOMENT: Duration = Duration::from_millis(400);
const TICK: Duration = Duration::from_millis(100);

/// A spinner on stderr, shown from a moment after its start until it is dropped. It shows
/// nothing where stderr is no terminal.
pub(crate) struct Progress {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts. `quiet` shows nothing at all.
    pub(crate) fn start(message: impl Into<String>, quiet: bool) -> Self {
        if quiet || !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            return Self {
                done: None,
                thread: None,
            };
        }
        let message = crate::screen::clean(&message.into());
        let (done, wait) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            if wait.recv_timeout(MOMENT) != Err(mpsc::RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner().with_message(message);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            // Either way, the work is over.
            let _over = wait.recv();
            bar.finish_and_clear();
        });
        Self {
            done: Some(done),
            thread: Some(thread),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.take();
        if let Some(thread) = self.thread.take() {
            // It only draws; a failure of it concerns nobody.
            let _drawn = thread.join();
        }
    }
}
