//! How a session begins: each side proves who it is.

use super::error::SessionError;
use super::event::Event;
use super::seal::{Binding, Direction, peek_join};
use super::session::{Session, Side, Stage};
use super::wire::{Control, Data, VERSION, decode_data};
use crate::identity::Did;
use crate::membership::{Statement, verify_device_chain};
use crate::replica::{Env, Replica, own_chain, put_chain};

/// The most statements in a client's proof of its device.
const CHAIN_MAX: usize = 64;

impl Session {
    pub(super) fn on_challenge(
        &mut self,
        replica: &Replica,
        frame: &[u8],
    ) -> Result<(), SessionError> {
        let Some(Data::Challenge {
            version,
            relay,
            nonce,
        }) = decode_data(frame)
        else {
            return Err(SessionError::Malformed);
        };
        if version != VERSION {
            return Err(SessionError::Version(version));
        }
        let Side::Client(client) = &self.side else {
            return Err(SessionError::Unexpected("a challenge"));
        };
        if let Some(expected) = client.pinned
            && expected != relay
        {
            return Err(SessionError::WrongRelay {
                expected,
                found: relay,
            });
        }
        self.binding = Some(Binding {
            client: self.key.public(),
            relay,
            client_nonce: self.my_nonce,
            relay_nonce: nonce,
        });
        self.peer = Some((relay, relay.key()));
        let chain = own_chain(replica.conn(), replica.keys())?.unwrap_or_default();
        // A device that is not certified yet acts for nobody but itself: enough to ask for it.
        let certified = !chain.is_empty() || self.me.key() == self.key.public();
        let did = if certified {
            self.me
        } else {
            Did::from_key(self.key.public())
        };
        self.controls.push_back(Control::Join {
            did,
            chain: chain.iter().map(|s| s.to_wire().into()).collect(),
            nonce: self.my_nonce,
        });
        self.stage = Stage::AwaitJoin;
        Ok(())
    }

    pub(super) fn on_join(
        &mut self,
        replica: &mut Replica,
        frame: &[u8],
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        let (device, _, peeked) = peek_join(frame)?;
        let Control::Join { nonce, .. } = peeked else {
            return Err(SessionError::Unexpected("a message before join"));
        };
        let binding = Binding {
            client: device,
            relay: self.me,
            client_nonce: nonce,
            relay_nonce: self.my_nonce,
        };
        // Known before anything is believed: whoever is refused is told why, by this relay.
        let binding = self.binding.insert(binding);
        let opened = binding.open(frame, &device, Direction::ToRelay, 0)?;
        self.received = 1;
        let Control::Join { did, chain, .. } = opened else {
            return Err(SessionError::Unexpected("a message before join"));
        };
        if chain.len() > CHAIN_MAX {
            return Err(SessionError::TooMany("statements in a join"));
        }
        let chain: Vec<Statement> = chain
            .iter()
            .map(|bytes| Statement::from_wire(bytes))
            .collect::<Result<_, _>>()?;
        // What is known here counts too: a revocation that the client keeps to itself.
        let mut known = crate::store::statements::of_identity(replica.conn(), &did)?;
        known.extend(chain.iter().cloned());
        verify_device_chain(&did, &device, &known)?;
        if !put_chain(replica.conn(), &chain)? {
            return Err(SessionError::TooMany("statements about one identity"));
        }
        self.peer = Some((did, device));
        let admitted = self.is_admitted(replica)?;
        self.stage = Stage::Open;
        self.send(Control::Peer {
            now_ms: env.now.as_millisecond(),
            admitted,
            files: Some(true),
        })?;
        self.event(Event::Connected {
            peer: did,
            clock_offset_ms: 0,
        });
        Ok(())
    }

    pub(super) fn on_peer(
        &mut self,
        replica: &mut Replica,
        now_ms: i64,
        admitted: bool,
        files: bool,
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        self.stage = Stage::Open;
        self.files.supported = files;
        self.files.due = files;
        if let Some((peer, _)) = self.peer {
            let clock_offset_ms = now_ms.saturating_sub(env.now.as_millisecond());
            self.event(Event::Connected {
                peer,
                clock_offset_ms,
            });
        }
        replica.begin_ephemerals(self.my_window, env)?;
        self.begin_client(replica, admitted)
    }
}
