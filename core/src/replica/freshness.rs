//! What makes a signed message that is not kept fresh: sessions that only rise.

use super::{Env, Replica};
use crate::document::{ActorNonce, DocumentId};
use crate::identity::PublicKey;
use crate::store::StoreError;

/// Names an author's session of signed messages: 8 bytes that rise from session to session, and
/// 8 random ones. Greater means newer.
pub(crate) type EphemeralSession = [u8; 16];

/// This device's session of signed messages.
const SESSION: &str = "ephemeral_session";
/// How many messages it has said in it.
const COUNT: &str = "ephemeral_count";

impl Replica {
    /// Begins a session of signed messages: named by the time, and never by one that is not after
    /// the one before, whatever the clock says.
    pub(crate) fn begin_ephemerals(
        &self,
        random: EphemeralSession,
        env: &Env<'_>,
    ) -> Result<EphemeralSession, StoreError> {
        let last: Option<u64> = self
            .meta_text("ephemerals_began")?
            .and_then(|text| text.parse().ok());
        let now = u64::try_from(env.now.as_millisecond()).unwrap_or_default();
        let start = last.map_or(now, |last| now.max(last.saturating_add(1)));
        self.set_meta_text("ephemerals_began", Some(&start.to_string()))?;
        self.set_meta_text(COUNT, Some("0"))?;
        let mut session = random;
        for (to, from) in session.iter_mut().zip(start.to_be_bytes()) {
            *to = from;
        }
        self.set_meta(SESSION, &session)?;
        Ok(session)
    }

    /// The session and count of the next signed message. All processes on this database share
    /// both: whoever hears of a newer session of a device believes nothing of an older one, and
    /// one window must not silence another.
    pub(crate) fn next_ephemeral(&self) -> Result<(EphemeralSession, u64), StoreError> {
        self.store.write(|_| {
            let session: Option<ActorNonce> = self.meta_blob(SESSION)?;
            let last: Option<u64> = self.meta_text(COUNT)?.and_then(|text| text.parse().ok());
            let count = last.unwrap_or_default().saturating_add(1);
            self.set_meta_text(COUNT, Some(&count.to_string()))?;
            let session = session.map(|session| *session.as_bytes());
            Ok((session.unwrap_or_default(), count))
        })
    }

    /// The newest session of a device that was heard of in a document.
    pub(crate) fn newest_ephemerals(
        &self,
        document: &DocumentId,
        device: &PublicKey,
    ) -> Result<Option<EphemeralSession>, StoreError> {
        let found: Option<ActorNonce> = self.meta_blob(&key(document, device))?;
        Ok(found.map(|session| *session.as_bytes()))
    }

    /// Remembers the newest session of a device, so that what it said in an earlier one is known
    /// to be old, in another session of the protocol too.
    pub(crate) fn note_ephemerals(
        &self,
        document: &DocumentId,
        device: &PublicKey,
        session: &EphemeralSession,
    ) -> Result<(), StoreError> {
        self.set_meta(&key(document, device), session)
    }
}

fn key(document: &DocumentId, device: &PublicKey) -> String {
    format!("ephemerals/{document}/{}", device.to_hex())
}
