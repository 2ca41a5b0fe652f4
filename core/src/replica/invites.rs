//! Commands on invites: public links, and taking links back.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::execute::MANAGE;
use super::roles::{Plan, carry_out};
use super::sharing::marks;
use super::write::{Opened, Run, find_by_id};
use super::{CommandError, Link, Replica};
use crate::document::DocumentId;
use crate::identity::{Did, Keypair};
use crate::membership::{
    Authority, Grant, GrantNonce, Grantee, Invite, InviteState, Payload, REVOKE_TARGETS_MAX,
    Revoke, Role, Scope, Statement, StatementDigest,
};
use crate::model::{InviteView, Outcome};
use crate::store::{StoreError, statements};

/// How long a public link is good, in hours: a hundred years. It ends when it is taken back.
const PUBLIC_HOURS: i64 = 100 * 366 * 24;

/// Where the secret of a public link that was made here rests.
fn secret_key(grant: &StatementDigest) -> String {
    format!("public/{}", grant.to_hex())
}

fn secret_of(conn: &Connection, grant: &StatementDigest) -> Result<Option<[u8; 32]>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row(params![secret_key(grant)], |row| row.get(0))
        .optional()?)
}

/// Whether this is a public link, whatever became of it.
fn is_public(state: &InviteState) -> bool {
    !state.invite.single_use && state.role == Role::Viewer
}

/// Whether somebody can still join by it.
fn is_open(state: &InviteState, now: Timestamp) -> bool {
    let used = state.invite.single_use && !state.redeemed_by.is_empty();
    !state.revoked && !used && state.invite.expires_at_ms > now.as_millisecond()
}

impl Replica {
    pub(super) fn publish(
        &mut self,
        list: &DocumentId,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let relay = self.relay_did()?.ok_or(CommandError::NoRelay)?;
        let relay_url = self.relay_url()?.ok_or(CommandError::NoRelay)?;
        let expires_at = run
            .now
            .checked_add(SignedDuration::from_hours(PUBLIC_HOURS))
            .map_err(|_| CommandError::invalid("now", "lies too far in the future"))?;
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            opened.require(keys, MANAGE)?;
            let outcome = |relay, grant, secret, expires_at| Outcome::Invite {
                list: *list,
                link: Link::Invite {
                    relay_url: relay_url.clone(),
                    relay,
                    document: *list,
                    grant,
                    secret,
                }
                .to_string(),
                expires_at,
            };
            let mut elsewhere = false;
            for (grant, state) in opened.authority.invites() {
                if !is_public(state) || !is_open(state, run.now) {
                    continue;
                }
                match secret_of(conn, grant)? {
                    Some(secret) => {
                        let until = Timestamp::from_millisecond(state.invite.expires_at_ms);
                        let until = until.unwrap_or(expires_at);
                        return Ok(outcome(state.invite.relay, *grant, secret, until));
                    }
                    None => elsewhere = true,
                }
            }
            if elsewhere {
                return Err(CommandError::invalid(
                    "list",
                    "has a public link already, made on another device: look there, or stop publishing first",
                ));
            }
            let secret: [u8; 32] = run.random();
            let grant = Grant {
                document: *list,
                to: Grantee::Invite(Invite {
                    key: Keypair::from_seed(&secret).public(),
                    expires_at_ms: expires_at.as_millisecond(),
                    single_use: false,
                    relay,
                }),
                role: Role::Viewer,
                nonce: GrantNonce::from_bytes(run.random()),
                issued_at_ms: run.now_ms(),
            };
            let statement = Statement::sign(Payload::Grant(grant), keys.signer())?;
            opened.state(conn, &statement)?;
            conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
                .execute(params![secret_key(&statement.digest()), secret])?;
            Ok(outcome(relay, statement.digest(), secret, expires_at))
        })
    }

    pub(super) fn unpublish(
        &mut self,
        list: &DocumentId,
        run: &Run,
    ) -> Result<Outcome, CommandError> {
        self.end_invites(list, run, |authority| {
            let public = authority.invites().iter();
            Ok(public
                .filter(|(_, state)| is_public(state) && !state.revoked)
                .map(|(grant, _)| *grant)
                .collect())
        })
    }

    pub(super) fn revoke_invite(
        &mut self,
        list: &DocumentId,
        invite: &str,
        run: &Run,
    ) -> Result<Outcome, CommandError> {
        self.end_invites(list, run, |authority| {
            let (grant, state) = find_invite(authority, invite)?;
            if state.invite.single_use && !state.redeemed_by.is_empty() {
                return Err(CommandError::invalid(
                    "invite",
                    "was used already: take away the access of who joined by it instead",
                ));
            }
            Ok((!state.revoked).then_some(grant).into_iter().collect())
        })
    }

    /// Takes invites back, and with them the access of those who came by them: who was given a
    /// role by name keeps it.
    fn end_invites(
        &mut self,
        list: &DocumentId,
        run: &Run,
        choose: impl FnOnce(&Authority) -> Result<Vec<StatementDigest>, CommandError>,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            opened.require(keys, MANAGE)?;
            let chosen = choose(&opened.authority)?;
            if chosen.is_empty() {
                return Ok(Outcome::Done { changed: false });
            }
            let invites = opened.authority.invites();
            let joiners: BTreeSet<Did> = chosen
                .iter()
                .filter_map(|grant| invites.get(grant))
                .flat_map(|state| state.redeemed_by.iter().copied())
                .collect();
            let marks = marks(&opened.actors, |actor| {
                let of = actor.author(&opened.authority);
                of.is_some_and(|did| joiners.contains(&did))
            });
            let copy = opened.copy();
            let mut plan = Plan::new(&copy, keys, run);
            for targets in chosen.chunks(REVOKE_TARGETS_MAX) {
                plan.revoke(Revoke {
                    scope: Scope::Document(*list),
                    targets: targets.iter().copied().collect(),
                    marks: marks.clone(),
                    keep: BTreeSet::new(),
                    issued_at_ms: run.now_ms(),
                })?;
            }
            let outcome = plan.outcome();
            let ended = |grant| outcome.invites().get(grant).is_none_or(|it| it.revoked);
            if !chosen.iter().all(ended) {
                return Err(CommandError::Outranked);
            }
            for grant in &chosen {
                conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?
                    .execute(params![secret_key(grant)])?;
            }
            carry_out(conn, &mut opened, plan)
        })
    }

    /// The invites by which somebody can still join.
    pub(super) fn invites(
        &self,
        conn: &Connection,
        list: &DocumentId,
        now: Timestamp,
    ) -> Result<Vec<InviteView>, StoreError> {
        let authority = statements::authority(conn, list)?;
        let mut views = Vec::new();
        for (grant, state) in authority.invites() {
            let Ok(expires_at) = Timestamp::from_millisecond(state.invite.expires_at_ms) else {
                continue;
            };
            if !is_open(state, now) {
                continue;
            }
            let statement = authority.statements().get(grant);
            let made_at = statement.and_then(|statement| match statement.payload() {
                Payload::Grant(grant) => Timestamp::from_millisecond(grant.issued_at_ms).ok(),
                _ => None,
            });
            let link = match (secret_of(conn, grant)?, self.relay_url()?) {
                (Some(secret), Some(relay_url)) => Some(Link::Invite {
                    relay_url,
                    relay: state.invite.relay,
                    document: *list,
                    grant: *grant,
                    secret,
                }),
                _ => None,
            };
            views.push(InviteView {
                id: grant.to_hex(),
                role: state.role,
                expires_at,
                single_use: state.invite.single_use,
                joined: state.redeemed_by.len() as u64,
                made_at,
                made_by: statement.and_then(|s| authority.identity_of(&s.signer())),
                link: link.map(|link| link.to_string()),
            });
        }
        views.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        Ok(views)
    }
}

/// The invite that an id, or the beginning of one, names.
fn find_invite<'a>(
    authority: &'a Authority,
    text: &str,
) -> Result<(StatementDigest, &'a InviteState), CommandError> {
    let all = authority.invites().iter();
    find_by_id("invite", text, all.map(|(grant, state)| (*grant, state)))
}
