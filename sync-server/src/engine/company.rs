//! Who is where, as far as they say so: what is said and not kept, on its way to the others.

use std::collections::BTreeMap;
use std::time::Duration;

use poo_core::document::DocumentId;
use poo_core::store::StoreError;
use poo_core::sync::{Effect, PRESENCE_TTL, PersonHere, Presence, Voice};
use tokio::time::Instant;

use super::{ConnectionId, NOBODY, Worker};

/// Who is where.
#[derive(Default)]
pub(super) struct Company {
    /// When each connection last said that somebody is there.
    heard: BTreeMap<ConnectionId, Instant>,
    people: Presence,
    goodbyes: Vec<Effect>,
    /// Speaks for who cannot sign; begun when there is something to say.
    voice: Option<Voice>,
}

impl Company {
    /// Notes that somebody at a connection says something.
    pub(super) fn hear(&mut self, id: ConnectionId) {
        if id != NOBODY {
            self.heard.insert(id, Instant::now());
        }
    }

    /// A connection is gone, and this is to be said for it: in the next batch, at the latest when
    /// its socket says that it has closed.
    pub(super) fn left(&mut self, id: ConnectionId, goodbyes: Vec<Effect>) {
        self.heard.remove(&id);
        self.goodbyes.extend(goodbyes);
    }

    /// What is to be said for those who are gone.
    pub(super) fn take_goodbyes(&mut self) -> impl Iterator<Item = Effect> + use<> {
        core::mem::take(&mut self.goodbyes).into_iter()
    }

    /// How many connections said lately that somebody is there.
    pub(super) fn present(&mut self) -> u64 {
        let ttl = Duration::try_from(PRESENCE_TTL).unwrap_or_default();
        self.heard.retain(|_, heard| heard.elapsed() < ttl);
        self.heard.len() as u64
    }
}

impl Worker {
    /// Who looks at a list, of those who may read it.
    pub(super) fn who_is_here(&mut self, list: &DocumentId) -> Result<Vec<PersonHere>, StoreError> {
        let now = self.system.env().now;
        self.company.people.expire(list, now);
        let readers = self.replica.readers(list)?;
        self.company.people.keep_only(list, &readers);
        Ok(self.company.people.who(list))
    }

    /// Says what those say who cannot sign, and notes who is where.
    pub(super) fn give_voice(&mut self, effects: &mut [(ConnectionId, Effect)]) {
        for (_, effect) in effects {
            if let Effect::Unsigned(unsigned) = effect {
                match self.voice().map(|voice| voice.say(unsigned)) {
                    Ok(Some(said)) => *effect = Effect::Ephemeral(Box::new(said)),
                    // It is too long to be signed for anybody.
                    Ok(None) => {}
                    Err(error) => tracing::error!(%error, "cannot speak for who cannot sign"),
                }
            }
            if let Effect::Ephemeral(said) = effect {
                let now = self.system.env().now;
                (self.company.people).hear(&said.message, said.from, now);
            }
        }
    }

    fn voice(&mut self) -> Result<&mut Voice, StoreError> {
        let begun = match self.company.voice.take() {
            Some(voice) => voice,
            None => Voice::begin(&self.replica, &mut self.system.env())?,
        };
        Ok(self.company.voice.insert(begun))
    }
}
