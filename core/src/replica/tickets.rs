//! Tickets: the command that makes one, and lets the relay sign for who comes with it; which were
//! made here; and the command that takes one back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::ticket::{TICKET_DEFAULT_S, TICKET_MAX_S, TICKET_USES_MAX, Ticket, TicketTerms};
use super::write::{Opened, Run, find_by_id, require_live, say_of_identity};
use super::{CommandError, Replica};
use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::{
    Identities, Payload, Revoke, Role, Scope, Statement, StatementDigest, Witness,
};
use crate::model::{Outcome, TicketView};
use crate::store::{StoreError, blob, opt_blob, statements};

/// A ticket that was made here, as it is kept: without what would let anybody in.
struct Made {
    name: StatementDigest,
    document: Option<DocumentId>,
    uses: u32,
    made_at_ms: i64,
    expires_at_ms: i64,
}

impl Replica {
    pub(super) fn create_ticket(
        &mut self,
        list: Option<&DocumentId>,
        uses: Option<u32>,
        expires_in_s: Option<u32>,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let relay = self.relay_did()?.ok_or(CommandError::NoRelay)?;
        let relay_url = self.relay_url()?.ok_or(CommandError::NoRelay)?;
        let uses = uses.unwrap_or(1);
        if !(1..=TICKET_USES_MAX).contains(&uses) {
            let text = format!("is 1 to {TICKET_USES_MAX} clients");
            return Err(CommandError::invalid("uses", text));
        }
        let seconds = expires_in_s.unwrap_or(TICKET_DEFAULT_S);
        if !(1..=TICKET_MAX_S).contains(&seconds) {
            let text = format!("is 1 to {TICKET_MAX_S} seconds");
            return Err(CommandError::invalid("expiresInS", text));
        }
        let expires_at = run
            .now
            .checked_add(SignedDuration::from_secs(i64::from(seconds)))
            .map_err(|_| CommandError::invalid("expiresInS", "lies beyond the calendar"))?;
        let keys = &self.keys;
        let witness = Witness {
            document: list.copied(),
            relay,
            for_: Some(keys.did),
            issued_at_ms: run.now_ms(),
        };
        let writes = self.store.write(|conn| {
            let lets_sign = Payload::Witness(witness);
            let Some(list) = list else {
                let known = statements::of_identity(conn, &keys.did)?;
                if !Identities::evaluate(&known).lets_sign(&keys.did, &relay) {
                    say_of_identity(conn, keys, lets_sign)?;
                }
                return Ok::<_, CommandError>(true);
            };
            let mut opened = Opened::find(conn, list, "list")?;
            opened.require(keys, Role::Viewer)?;
            let may_witness = opened.authority.may_witness(&relay, &keys.did);
            if !may_witness && opened.authority.role(&keys.did) == Some(Role::Owner) {
                opened.state(conn, &Statement::sign(lets_sign, keys.signer())?)?;
            }
            Ok(opened.authority.can_write(&keys.did)
                && opened.authority.may_witness(&relay, &keys.did))
        })?;
        let terms = TicketTerms {
            identity: keys.did,
            relay,
            document: list.copied(),
            uses,
            expires_at_ms: expires_at.as_millisecond(),
            nonce: run.random(),
        };
        let ticket = Ticket::sign(terms, &keys.device);
        let name = ticket.name();
        self.store.write(|conn| {
            note(conn, &ticket, run.now_ms())?;
            Ok::<_, CommandError>(())
        })?;
        Ok(Outcome::Ticket {
            id: name.to_hex(),
            url: format!("{}/ticket/{ticket}", relay_url.trim_end_matches('/')),
            expires_at,
            uses,
            writes,
        })
    }

    /// The tickets that were made here and have not ended, the newest first.
    pub(super) fn tickets(
        &self,
        conn: &Connection,
        now: Timestamp,
    ) -> Result<Vec<TicketView>, StoreError> {
        let did = self.keys.did;
        let known = statements::of_identity(conn, &did)?;
        let identities = Identities::evaluate(&known);
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or(now);
        let views = made(conn, now.as_millisecond())?.into_iter();
        Ok(views
            .map(|it| TicketView {
                id: it.name.to_hex(),
                list: it.document,
                uses: it.uses,
                made_at: time(it.made_at_ms),
                expires_at: time(it.expires_at_ms),
                revoked: identities.has_taken_back(&did, &it.name),
            })
            .collect())
    }

    pub(super) fn revoke_ticket(
        &mut self,
        ticket: &str,
        run: &Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let name = match ticket.rsplit_once('/') {
                Some((_, address)) => named_by_address(address, &keys.did)?,
                None => match named_by_address(ticket, &keys.did) {
                    Ok(name) => name,
                    Err(_) => {
                        let made = made(conn, run.now_ms())?.into_iter();
                        find_by_id("ticket", ticket, made.map(|it| (it.name, ())))?.0
                    }
                },
            };
            let known = statements::of_identity(conn, &keys.did)?;
            let identities = Identities::evaluate(&known);
            if identities.has_taken_back(&keys.did, &name) {
                return Ok(Outcome::Done { changed: false });
            }
            require_live(&identities, keys)?;
            let revoke = Revoke {
                scope: Scope::Identity(keys.did),
                targets: BTreeSet::from([name]),
                marks: BTreeMap::new(),
                keep: BTreeSet::new(),
                issued_at_ms: run.now_ms(),
            };
            say_of_identity(conn, keys, Payload::Revoke(revoke))?;
            Ok(Outcome::Done { changed: true })
        })
    }
}

/// Keeps what is needed to list a ticket and take it back; those that ended are forgotten.
fn note(conn: &Connection, ticket: &Ticket, now_ms: i64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM ticket_made WHERE expires_at <= ?1")?
        .execute(params![now_ms])?;
    let terms = ticket.terms();
    conn.prepare_cached(
        "INSERT INTO ticket_made (name, document, uses, made_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        ticket.name().as_ref(),
        terms.document.as_ref().map(AsRef::<[u8]>::as_ref),
        terms.uses,
        now_ms,
        terms.expires_at_ms,
    ])?;
    Ok(())
}

fn made(conn: &Connection, now_ms: i64) -> Result<Vec<Made>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT name, document, uses, made_at, expires_at FROM ticket_made
         WHERE expires_at > ?1 ORDER BY made_at DESC, name",
    )?;
    let rows = statement.query_map(params![now_ms], |row| {
        Ok(Made {
            name: blob(row, 0)?,
            document: opt_blob(row, 1)?,
            uses: row.get(2)?,
            made_at_ms: row.get(3)?,
            expires_at_ms: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ticket at the end of an address.
fn named_by_address(text: &str, did: &Did) -> Result<StatementDigest, CommandError> {
    let ticket: Ticket = text
        .trim()
        .parse()
        .map_err(|_| CommandError::invalid("ticket", "is damaged: give its whole address"))?;
    if ticket.terms().identity != *did {
        return Err(CommandError::invalid(
            "ticket",
            "was made by somebody else: only they can take it back",
        ));
    }
    Ok(ticket.name())
}
