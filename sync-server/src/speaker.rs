//! Whom a connection speaks with: a signed session, or a client that shows a ticket.

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::replica::{Env, Replica};
use poo_core::store::StoreError;
use poo_core::sync::{Effect, Fanout, Held, Relayed, Session, SessionError, TokenSession};

/// A session of either kind, as the engine's loop drives it.
pub(crate) enum Speaker {
    Signed(Box<Session>),
    Token(Box<TokenSession>),
}

impl Speaker {
    pub(crate) fn handle_frame(
        &mut self,
        replica: &mut Replica,
        frame: &[u8],
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        match self {
            Self::Signed(session) => session.handle_frame(replica, frame, env),
            Self::Token(session) => session.handle_frame(replica, frame, env),
        }
    }

    /// Takes in what the frames of a batch brought, where that waits for the last of them.
    pub(crate) fn settle(
        &mut self,
        replica: &mut Replica,
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        match self {
            Self::Signed(session) => session.settle(replica, env),
            Self::Token(session) => Ok(session.settle(replica, env)?),
        }
    }

    /// What is held in memory for the other side.
    pub(crate) fn held(&self) -> Held {
        match self {
            Self::Signed(session) => session.held(),
            Self::Token(session) => session.held(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Signed(session) => session.is_open(),
            Self::Token(session) => session.is_open(),
        }
    }

    /// Who is on the other side, or acts there for whom.
    pub(crate) fn peer(&self) -> Option<Did> {
        match self {
            Self::Signed(session) => session.peer(),
            Self::Token(session) => Some(session.identity()),
        }
    }

    pub(crate) fn close(&mut self, error: &SessionError) {
        match self {
            Self::Signed(session) => session.close(error),
            Self::Token(session) => session.close(error),
        }
    }

    pub(crate) fn poll_transmit(
        &mut self,
        replica: &Replica,
        fanout: &mut Fanout,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Signed(session) => session.poll_transmit_with(replica, fanout),
            Self::Token(session) => session.poll_transmit(replica, fanout),
        }
    }

    /// Forgets what a session tells an application: a relay has none.
    pub(crate) fn drop_events(&mut self) {
        if let Self::Signed(session) = self {
            while session.poll_event().is_some() {}
        }
    }

    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        match self {
            Self::Signed(session) => session.take_effects(),
            Self::Token(session) => session.take_effects(),
        }
    }

    pub(crate) fn notify_document(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<(), SessionError> {
        match self {
            Self::Signed(session) => session.hear_of(replica, document),
            Self::Token(session) => session.notify_document(replica, document),
        }
    }

    pub(crate) fn notify_box(
        &mut self,
        replica: &Replica,
        point: &[u8; 16],
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        match self {
            Self::Signed(session) => session.notify_box(replica, point, env),
            Self::Token(_) => Ok(()),
        }
    }

    pub(crate) fn notify_packed(&mut self, document: &DocumentId, packed: bool) {
        if let Self::Signed(session) = self {
            session.notify_packed(document, packed);
        }
    }

    /// Hands on what somebody said that is not kept. False if it is not for this session.
    pub(crate) fn forward(
        &mut self,
        replica: &Replica,
        said: &Relayed,
    ) -> Result<bool, StoreError> {
        let document = &said.message.document;
        match (self, said.for_stock()) {
            (Self::Signed(session), _) if session.follows(replica, document)? => {
                session.forward(said.for_signed().to_vec());
                Ok(true)
            }
            (Self::Token(session), Some(frame)) => session.forward(replica, document, frame),
            (Self::Signed(_) | Self::Token(_), _) => Ok(false),
        }
    }

    /// What is to be said for a client that is gone.
    pub(crate) fn farewell(&mut self) -> Vec<Effect> {
        match self {
            Self::Signed(_) => Vec::new(),
            Self::Token(session) => session.farewell(),
        }
    }
}
