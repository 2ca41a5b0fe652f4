//! The live stream: what came to this relay, as events, for whoever may see it.
//!
//! Nothing is kept for it. An event is a row of the record of who did what, which is committed
//! with the changes that it speaks of, and whoever listens is only a place in the log: so none is
//! lost or told twice, whether a connection breaks, a reader is slow or the relay starts anew.

mod feed;
mod filter;
mod listeners;
mod recent;
mod stream;

pub(crate) use feed::{Bell, Feed, FeedError};
pub(crate) use filter::Filter;
pub(crate) use listeners::{Listeners, Seat};
pub(crate) use stream::{Ended, Stream, until_work};
