//! Signed sessions: how two replicas exchange what they have (docs/PROTOCOL.md).
//!
//! A [`Session`] is a state machine without sockets and clocks. The loop around it is the same
//! everywhere:
//!
//! 1. give it every frame that arrives: [`Session::handle_frame`], inside [`Replica::batch`];
//! 2. when the batch has been committed, send what it has to say: [`Session::poll_transmit`]
//!    until there is nothing, and no faster than the other side takes it;
//! 3. look at what happened: [`Session::poll_event`], and on a relay [`Session::take_effects`],
//!    which the other sessions have to hear of.
//!
//! A relay with many sessions gives several frames to each in one batch, and ends it with
//! [`Session::settle`]: after [`Session::gather`] small messages are taken in together there.
//!
//! [`Replica::batch`]: crate::replica::Replica::batch

mod attendance;
mod bulk;
mod client;
mod ephemeral;
mod error;
mod event;
mod exchange;
mod fanout;
mod files;
mod gather;
mod handshake;
mod held;
mod intake;
mod order;
mod outgoing;
mod presence;
mod relay;
mod said;
mod seal;
mod seen;
mod session;
#[cfg(test)]
mod tests;
mod token;
mod voice;
mod wire;

pub use attendance::{Attendance, Doing, TYPING_TTL};
pub use bulk::{Packed, Packer};
pub use error::SessionError;
pub use event::{Effect, Event};
pub use fanout::Fanout;
pub use files::FILE_QUOTA_DEFAULT;
pub use held::Held;
pub use presence::{
    PRESENCE_INTERVAL, PRESENCE_MAX, PRESENCE_TTL, PersonHere, Presence, PresenceChange,
    PresenceMessage, PresenceState,
};
pub use relay::Admission;
pub use seal::SealError;
pub use session::Session;
pub use token::{TicketRefusal, TokenSession};
pub use voice::{Relayed, Unsigned, Voice};
pub use wire::{EPHEMERAL_BYTES_MAX, Ephemeral, SUBPROTOCOL};
