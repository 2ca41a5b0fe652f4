//! Agents, and others who cannot make an invite their own: an identity is made for them, and they
//! are let into a list by their DID.

use super::execute::MANAGE;
use super::ingest::settle_naming;
use super::roles::{Plan, carry_out};
use super::write::{Opened, Run, line};
use super::{CommandError, Introduction, Replica};
use crate::document::DocumentId;
use crate::identity::{Did, Keypair};
use crate::membership::{COLOR_CHARS_MAX, Payload, Profile, Role, Statement, Witness};
use crate::model::{AgentProfile, Outcome};
use crate::store::{StoreError, statements};

/// The longest introduction worth reading, in characters.
const INTRODUCTION_CHARS_MAX: usize = 4_096;

impl Replica {
    /// Makes an identity for an agent that has no keys of its own. Its secret is forgotten: nobody
    /// ever signs as it, and whoever acts for it has to be let in by name.
    pub(super) fn create_agent(
        &mut self,
        name: &str,
        platform: Option<&str>,
        color: Option<&str>,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let identity = Keypair::from_seed(&run.random());
        let agent = Did::from_key(identity.public());
        let introduction = Introduction {
            name: name.to_owned(),
            agent: Some(AgentProfile {
                platform: platform.map(str::to_owned),
                connected_by: Some(self.keys.did),
            }),
        };
        let color = color
            .map(|color| line("color", color, COLOR_CHARS_MAX))
            .transpose()?;
        let profile = Profile {
            color,
            ..introduction.profile(agent)?
        };
        let statement = Statement::sign(Payload::Profile(profile), &identity)?;
        self.store
            .write(|conn| statements::put(conn, &statement).map(drop))?;
        let profile = bs58::encode(statement.to_wire()).with_check().into_string();
        Ok(Outcome::Agent { agent, profile })
    }

    pub(super) fn add_member(
        &mut self,
        list: &DocumentId,
        member: &Did,
        role: Role,
        witness: Option<&Did>,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            opened.require(keys, MANAGE)?;
            let copy = opened.copy();
            let mut plan = Plan::new(&copy, keys, run);
            match opened.authority.role(member) {
                None => plan.give(*member, role, run)?,
                Some(now) if now == role => {}
                Some(_) => {
                    let reason = "they have another role already: change that one";
                    return Err(CommandError::invalid("role", reason));
                }
            }
            if let Some(witness) = witness
                && !opened.authority.may_witness(witness, member)
            {
                plan.let_witness(*witness, *member)?;
            }
            if plan.is_empty() {
                return Ok(Outcome::Done { changed: false });
            }
            if plan.outcome().role(member) != Some(role) {
                return Err(CommandError::Outranked);
            }
            carry_out(conn, &mut opened, plan)
        })
    }

    /// Takes in how an agent introduces itself: the profile that [`Outcome::Agent`] has, or one
    /// that it signed itself. Gives its DID and who connected it.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] if it is none, or one of a person.
    pub fn take_introduction(&mut self, profile: &str) -> Result<(Did, Did), CommandError> {
        let none = || CommandError::invalid("profile", "is no introduction of an agent");
        if profile.len() > INTRODUCTION_CHARS_MAX {
            return Err(none());
        }
        let wire = bs58::decode(profile).with_check(None).into_vec();
        let wire = wire.map_err(|_| none())?;
        let statement = Statement::from_wire(&wire).map_err(|_| none())?;
        let (agent, owner) = match statement.payload() {
            Payload::Profile(it) if it.is_agent && statement.signer() == it.identity.key() => {
                (it.identity, it.connected_by.ok_or_else(none)?)
            }
            _ => return Err(none()),
        };
        self.store.write(|conn| {
            if !statements::fit_identities(conn, core::slice::from_ref(&statement))? {
                return Err(none());
            }
            statements::put(conn, &statement)?;
            Ok::<_, CommandError>(settle_naming(conn, &agent)?)
        })?;
        Ok((agent, owner))
    }

    /// Whether a list lets `witness` sign for a member of it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn lets_witness(
        &self,
        list: &DocumentId,
        witness: &Did,
        member: &Did,
    ) -> Result<bool, StoreError> {
        let authority = statements::authority(self.conn(), list)?;
        Ok(authority.can_write(member) && authority.may_witness(witness, member))
    }
}

impl Plan<'_> {
    /// Lets a relay sign for a member.
    fn let_witness(&mut self, relay: Did, member: Did) -> Result<(), CommandError> {
        self.state(Payload::Witness(Witness {
            document: Some(self.list()),
            relay,
            for_: Some(member),
            issued_at_ms: self.now_ms(),
        }))
    }
}
