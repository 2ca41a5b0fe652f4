//! Commands on roles: removing, changing, leaving, passing on.
//!
//! Each is a few statements that are judged together before any of them is stored: what would not
//! come about is refused, and what does comes about at once, on every replica.

use rusqlite::Connection;

use super::execute::MANAGE;
use super::sharing::{keeping, marks};
use super::write::{Opened, Run};
use super::{CommandError, Keyring, Replica};
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::membership::{
    Authority, Grant, GrantNonce, Grantee, Payload, REVOKE_TARGETS_MAX, Revoke, Role, Scope,
    Statement, StatementDigest,
};
use crate::model::Outcome;

/// Statements that are about to be made.
pub(super) struct Plan<'a> {
    opened: &'a Opened,
    keys: &'a Keyring,
    now_ms: i64,
    made: Vec<Statement>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(opened: &'a Opened, keys: &'a Keyring, run: &Run) -> Self {
        Self {
            opened,
            keys,
            now_ms: run.now_ms(),
            made: Vec::new(),
        }
    }

    pub(super) fn list(&self) -> DocumentId {
        self.opened.document.id
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Whether nothing has to be made.
    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Gives somebody a role.
    pub(super) fn give(&mut self, to: Did, role: Role, run: &mut Run) -> Result<(), CommandError> {
        let grant = Grant {
            document: self.list(),
            to: Grantee::Did(to),
            role,
            nonce: GrantNonce::from_bytes(run.random()),
            issued_at_ms: self.now_ms,
        };
        self.state(Payload::Grant(grant))
    }

    /// Adds a statement.
    pub(super) fn state(&mut self, payload: Payload) -> Result<(), CommandError> {
        self.made
            .push(Statement::sign(payload, self.keys.signer())?);
        Ok(())
    }

    /// Takes titles of a member back. What they wrote and signed so far stays, but for the open
    /// invites of somebody else: whoever made one may have kept its link.
    fn take(&mut self, member: &Did, titles: &[StatementDigest]) -> Result<(), CommandError> {
        let authority = &self.opened.authority;
        let theirs = |key: &PublicKey| authority.identity_of(key) == Some(*member);
        let signed = authority
            .statements()
            .values()
            .filter(|s| s.scope() == Scope::Document(self.list()) && theirs(&s.signer()))
            .map(Statement::digest);
        let mut keep = keeping(signed, |digest| {
            !authority.ineffective().contains_key(digest)
        });
        if *member == self.keys.did {
            keep.extend(self.made.iter().map(Statement::digest));
        } else {
            for (digest, state) in authority.invites() {
                let open = !state.invite.single_use || state.redeemed_by.is_empty();
                if open && keep.remove(digest) {
                    keep.extend(authority.redeems_of(digest));
                }
            }
        }
        let marks = marks(&self.opened.actors, |actor| {
            actor.author(authority) == Some(*member)
        });
        for targets in titles.chunks(REVOKE_TARGETS_MAX) {
            self.revoke(Revoke {
                scope: Scope::Document(self.list()),
                targets: targets.iter().copied().collect(),
                marks: marks.clone(),
                keep: keep.clone(),
                issued_at_ms: self.now_ms,
            })?;
        }
        Ok(())
    }

    /// Takes statements back.
    pub(super) fn revoke(&mut self, revoke: Revoke) -> Result<(), CommandError> {
        self.state(Payload::Revoke(revoke))
    }

    /// What would follow.
    pub(super) fn outcome(&self) -> Authority {
        let known = self.opened.authority.statements().values();
        Authority::evaluate(&self.list(), known.chain(&self.made))
    }

    pub(super) fn made(self) -> Vec<Statement> {
        self.made
    }
}

/// Stores what was planned if it comes to what was wanted.
pub(super) fn carry_out(
    conn: &Connection,
    opened: &mut Opened,
    plan: Plan<'_>,
) -> Result<Outcome, CommandError> {
    let made = plan.made();
    opened.state_all(conn, &made)?;
    Ok(Outcome::Done { changed: true })
}

/// The titles of a member for which `which` holds of their role.
fn titles(
    authority: &Authority,
    member: &Did,
    which: impl Fn(Role) -> bool,
) -> Vec<StatementDigest> {
    let all = authority.members().get(member);
    all.into_iter()
        .flat_map(|member| &member.grants)
        .filter(|title| authority.role_given(title).is_some_and(&which))
        .copied()
        .collect()
}

/// Whether somebody owns the list from its beginning and never passed it on.
fn founded(authority: &Authority, did: &Did) -> bool {
    let member = authority.members().get(did);
    authority
        .genesis_digest()
        .is_some_and(|genesis| member.is_some_and(|member| member.grants.contains(&genesis)))
}

/// An owner beside this one.
fn other_owner(authority: &Authority, than: &Did) -> Option<Did> {
    authority
        .members()
        .iter()
        .find(|(did, member)| *did != than && member.role == Role::Owner)
        .map(|(did, _)| *did)
}

impl Replica {
    pub(super) fn revoke_member(
        &mut self,
        list: &DocumentId,
        member: &Did,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        if *member == self.keys.did {
            return self.leave_list(list, run);
        }
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let authority = opened.authority.clone();
            opened.require(keys, MANAGE)?;
            if authority.role(member).is_none() {
                return Err(CommandError::NotFound("member"));
            }
            if founded(&authority, member) {
                return Err(CommandError::Outranked);
            }
            let copy = opened.copy();
            let mut plan = Plan::new(&copy, keys, run);
            plan.take(member, &titles(&authority, member, |_| true))?;
            if plan.outcome().role(member).is_some() {
                return Err(CommandError::Outranked);
            }
            carry_out(conn, &mut opened, plan)
        })
    }

    pub(super) fn change_role(
        &mut self,
        list: &DocumentId,
        member: &Did,
        role: Role,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let authority = opened.authority.clone();
            opened.require(keys, MANAGE)?;
            let Some(now) = authority.role(member) else {
                return Err(CommandError::NotFound("member"));
            };
            if now == role {
                return Ok(Outcome::Done { changed: false });
            }
            let copy = opened.copy();
            let mut plan = Plan::new(&copy, keys, run);
            if titles(&authority, member, |had| had == role).is_empty() {
                // Before the old one goes: there is no moment without a role.
                plan.give(*member, role, run)?;
            }
            if role < now {
                step_down(&mut plan, &authority, member, run)?;
                plan.take(member, &titles(&authority, member, |had| had > role))?;
            }
            if plan.outcome().role(member) != Some(role) {
                return Err(CommandError::Outranked);
            }
            carry_out(conn, &mut opened, plan)
        })
    }

    pub(super) fn leave_list(
        &mut self,
        list: &DocumentId,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let me = keys.did;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let authority = opened.authority.clone();
            if authority.role(&me).is_none() {
                return Ok(Outcome::Done { changed: false });
            }
            let copy = opened.copy();
            let mut plan = Plan::new(&copy, keys, run);
            if authority.role(&me) == Some(Role::Owner) {
                step_down(&mut plan, &authority, &me, run)?;
            }
            plan.take(&me, &titles(&authority, &me, |_| true))?;
            if plan.outcome().role(&me).is_some() {
                return Err(CommandError::Outranked);
            }
            carry_out(conn, &mut opened, plan)
        })
    }

    pub(super) fn transfer_ownership(
        &mut self,
        list: &DocumentId,
        to: &Did,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let me = keys.did;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let authority = opened.authority.clone();
            opened.require(keys, MANAGE)?;
            if *to == me {
                return Err(CommandError::invalid(
                    "to",
                    "you own the list already: name another member",
                ));
            }
            if authority.role(to).is_none() {
                return Err(CommandError::NotFound("member"));
            }
            let copy = opened.copy();
            let mut plan = Plan::new(&copy, keys, run);
            // Always a grant of its own, also to somebody who is an owner: it stands whatever
            // happens to theirs at the same time.
            plan.give(*to, Role::Owner, run)?;
            if titles(&authority, &me, |had| had == Role::Editor).is_empty() {
                plan.give(me, Role::Editor, run)?;
            }
            plan.take(&me, &titles(&authority, &me, |had| had == Role::Owner))?;
            let outcome = plan.outcome();
            if outcome.role(to) != Some(Role::Owner) || outcome.role(&me) != Some(Role::Editor) {
                return Err(CommandError::Outranked);
            }
            carry_out(conn, &mut opened, plan)
        })
    }
}

/// What it takes before somebody may be an owner no longer: another owner, and of a founder, who
/// falls by nothing else, that they pass the list on to that one.
fn step_down(
    plan: &mut Plan<'_>,
    authority: &Authority,
    owner: &Did,
    run: &mut Run,
) -> Result<(), CommandError> {
    if authority.role(owner) != Some(Role::Owner) {
        return Ok(());
    }
    let Some(heir) = other_owner(authority, owner) else {
        return Err(CommandError::OnlyOwner);
    };
    if founded(authority, owner) {
        if *owner != plan.keys.did {
            return Err(CommandError::Outranked);
        }
        plan.give(heir, Role::Owner, run)?;
    }
    Ok(())
}
