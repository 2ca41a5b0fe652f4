//! Who calls, and what they may do.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use poo_core::document::DocumentId;
use poo_core::identity::{Did, Keypair};
use poo_core::replica::{OnBehalf, Replica};

use super::Scope;
use crate::api::problem::{Code, Problem};

/// Who calls, once their credentials were found to hold.
#[derive(Clone)]
pub(crate) struct Caller {
    /// For whom they act.
    pub(crate) did: Did,
    /// Who answers for them: themselves, or whoever made the key.
    pub(crate) owner: Did,
    /// The id of the key, where there is one.
    pub(crate) key: Option<String>,
    /// The id of the session, where there is one.
    pub(crate) session: Option<String>,
    scopes: BTreeSet<Scope>,
    /// The only lists that the key is for.
    lists: Option<BTreeSet<DocumentId>>,
    /// The key with which the relay signs for them; none: its own.
    hosted: Option<Keypair>,
}

impl Caller {
    /// Somebody who proved with a signature of their own who they are.
    pub(crate) fn person(did: Did, session: Option<String>) -> Self {
        Self {
            did,
            owner: did,
            key: None,
            session,
            scopes: Scope::ALL.into(),
            lists: None,
            hosted: None,
        }
    }

    /// The bearer of a key.
    pub(crate) fn bearer(
        (did, owner): (Did, Did),
        key: String,
        scopes: BTreeSet<Scope>,
        lists: Option<BTreeSet<DocumentId>>,
        hosted: Option<Keypair>,
    ) -> Self {
        Self {
            did,
            owner,
            key: Some(key),
            session: None,
            scopes,
            lists,
            hosted,
        }
    }

    /// Whether a person acts themselves, in all that is theirs.
    pub(crate) fn is_whole_person(&self) -> bool {
        self.did == self.owner && self.lists.is_none()
    }

    /// Refuses what the credentials do not allow.
    pub(crate) fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let detail = format!("this key lacks the scope {scope}");
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// What the credentials allow.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.scopes.iter().copied()
    }

    /// Whether these scopes are among the caller's own: nobody passes on what they lack.
    pub(crate) fn has_all(&self, scopes: &BTreeSet<Scope>) -> bool {
        self.scopes.is_superset(scopes)
    }

    /// The only lists that the key is for.
    pub(crate) fn lists(&self) -> Option<&BTreeSet<DocumentId>> {
        self.lists.as_ref()
    }

    /// The replica as it acts for them. Lists that their key is not for are not there.
    pub(crate) fn behalf<'a>(&self, replica: &'a mut Replica) -> OnBehalf<'a> {
        replica
            .on_behalf_of(self.did, self.hosted.as_ref())
            .within(self.lists.as_ref())
    }
}

impl core::fmt::Debug for Caller {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Caller")
            .field("did", &self.did)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Those whom the layer in front has let through.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let known = parts.extensions.get::<Self>().cloned();
        known.ok_or_else(|| {
            Problem::new(
                Code::Unauthenticated,
                "send an API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`",
            )
        })
    }
}
