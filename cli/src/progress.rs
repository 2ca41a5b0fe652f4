//! A sign of life for work that takes longer than a moment, where somebody watches.

use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use poo_core::sync::Event;

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

/// A spinner that becomes a bar for each file that goes or comes.
pub(crate) struct Transfer {
    spinner: Option<Progress>,
    bar: Option<ProgressBar>,
    shown: bool,
}

impl Transfer {
    /// Starts. `quiet` shows nothing at all.
    pub(crate) fn start(message: impl Into<String>, quiet: bool) -> Self {
        Self {
            spinner: Some(Progress::start(message, quiet)),
            bar: None,
            shown: !quiet && std::io::IsTerminal::is_terminal(&std::io::stderr()),
        }
    }

    /// Shows what happened, if it is about a file.
    pub(crate) fn hear(&mut self, event: &Event) {
        let (what, at, size) = match event {
            Event::BlobProgress { sent, size, .. } => ("Sending a file", *sent, *size),
            Event::BlobArriving { received, size, .. } => ("Fetching a file", *received, *size),
            Event::BlobStored { .. } | Event::BlobFetched { .. } | Event::BlobRefused { .. } => {
                self.end_bar();
                return;
            }
            _ => return,
        };
        // Two would draw over one another.
        self.spinner = None;
        if !self.shown {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(size).with_message(what);
            let style = "{msg} {bar:30} {bytes}/{total_bytes} {eta}";
            match ProgressStyle::with_template(style) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_position(at);
    }

    fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.end_bar();
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
