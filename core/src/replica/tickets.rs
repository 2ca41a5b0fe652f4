//! The command that makes a ticket, and lets the relay sign for who comes with it.

use jiff::SignedDuration;

use super::ingest::settle_naming;
use super::ticket::{TICKET_DEFAULT_S, TICKET_MAX_S, TICKET_USES_MAX, Ticket, TicketTerms};
use super::write::{Opened, Run};
use super::{CommandError, Replica};
use crate::document::DocumentId;
use crate::membership::{Identities, Payload, Role, Statement, Witness};
use crate::model::Outcome;
use crate::store::statements;

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
            let sign = || Statement::sign(Payload::Witness(witness), keys.signer());
            let Some(list) = list else {
                let known = statements::of_identity(conn, &keys.did)?;
                if !Identities::evaluate(&known).lets_sign(&keys.did, &relay) {
                    statements::put(conn, &sign()?)?;
                    settle_naming(conn, &keys.did)?;
                }
                return Ok::<_, CommandError>(true);
            };
            let mut opened = Opened::find(conn, list, "list")?;
            opened.require(keys, Role::Viewer)?;
            let may_witness = opened.authority.may_witness(&relay, &keys.did);
            if !may_witness && opened.authority.role(&keys.did) == Some(Role::Owner) {
                opened.state(conn, &sign()?)?;
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
        Ok(Outcome::Ticket {
            url: format!("{}/ticket/{ticket}", relay_url.trim_end_matches('/')),
            expires_at,
            uses,
            writes,
        })
    }
}
