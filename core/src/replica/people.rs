//! Who is in a list, as people see them, and how this identity shows itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;

use super::query::name_of;
use super::sharing::device_id;
use super::write::{line, say_of_identity};
use super::{CommandError, Replica};
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::membership::{
    Authority, COLOR_CHARS_MAX, Member as Titled, NAME_CHARS_MAX, Payload, Profile, StatementDigest,
};
use crate::model::{AgentProfile, Member, MemberDevice, Outcome};
use crate::store::{StoreError, statements};

/// How somebody introduces themselves when their identity is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// The name that others see, 1 to 100 characters.
    pub name: String,
    /// Of a program that acts for somebody: what it is. It stays as it is from then on.
    pub agent: Option<AgentProfile>,
}

impl Introduction {
    /// A person.
    #[must_use]
    pub fn person(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            agent: None,
        }
    }

    /// The first profile of an identity.
    pub(super) fn profile(&self, identity: Did) -> Result<Profile, CommandError> {
        let agent = self.agent.as_ref();
        let platform = agent.and_then(|agent| agent.platform.as_deref());
        Ok(Profile {
            identity,
            version: 1,
            name: line("name", &self.name, NAME_CHARS_MAX)?,
            color: None,
            is_agent: agent.is_some(),
            agent_platform: platform
                .map(|platform| line("agentPlatform", platform, NAME_CHARS_MAX))
                .transpose()?,
            connected_by: agent.and_then(|agent| agent.connected_by),
        })
    }
}

impl AgentProfile {
    /// What a profile says of the agent, if it is one.
    pub(super) fn of(profile: &Profile) -> Option<Self> {
        profile.is_agent.then(|| Self {
            platform: profile.agent_platform.clone(),
            connected_by: profile.connected_by,
        })
    }
}

impl Replica {
    pub(super) fn set_profile(
        &mut self,
        name: &str,
        color: Option<&str>,
    ) -> Result<Outcome, CommandError> {
        let name = line("name", name, NAME_CHARS_MAX)?;
        let color = color
            .map(|color| line("color", color, COLOR_CHARS_MAX))
            .transpose()?;
        let keys = &self.keys;
        self.store.write(|conn| {
            let known = statements::of_identity(conn, &keys.did)?;
            let known = crate::membership::Identities::evaluate(&known);
            let profile = match known.profile(&keys.did) {
                Some(profile) => {
                    let next = Profile {
                        name,
                        color: color.or_else(|| profile.color.clone()),
                        ..profile.clone()
                    };
                    if next == *profile {
                        return Ok(Outcome::Done { changed: false });
                    }
                    Profile {
                        version: profile.version.saturating_add(1),
                        ..next
                    }
                }
                None => Profile {
                    color,
                    ..Introduction::person(&name).profile(keys.did)?
                },
            };
            say_of_identity(conn, keys, Payload::Profile(profile))?;
            Ok(Outcome::Done { changed: true })
        })
    }

    pub(super) fn members(
        &self,
        conn: &Connection,
        list: &DocumentId,
    ) -> Result<Vec<Member>, StoreError> {
        let authority = statements::authority(conn, list)?;
        let mut members: Vec<Member> = authority
            .members()
            .iter()
            .map(|(did, titled)| {
                let profile = authority.profile(did);
                let (joined_at, invited_by) = joined(&authority, titled);
                let agent = profile.and_then(AgentProfile::of);
                Member {
                    did: *did,
                    name: name_of(profile.map(|p| p.name.as_str()), did),
                    role: titled.role,
                    me: *did == self.did(),
                    is_agent: agent.is_some(),
                    agent_platform: agent.as_ref().and_then(|agent| agent.platform.clone()),
                    connected_by: agent.and_then(|agent| agent.connected_by),
                    color: profile.and_then(|p| p.color.clone()),
                    joined_at,
                    invited_by,
                    devices: devices(&authority, did),
                }
            })
            .collect();
        members.sort_by(|a, b| (b.role, &a.name, a.did).cmp(&(a.role, &b.name, b.did)));
        Ok(members)
    }
}

/// When somebody's oldest title was given, by its signer's clock, and by whom. The relay signs
/// that an invite was used; who made the invite let them in.
fn joined(authority: &Authority, member: &Titled) -> (Option<Timestamp>, Option<Did>) {
    let signer = |digest: &StatementDigest| {
        let statement = authority.statements().get(digest)?;
        authority.identity_of(&statement.signer())
    };
    let given = member.grants.iter().filter_map(|title| {
        match authority.statements().get(title)?.payload() {
            Payload::Genesis(it) => Some((it.created_at_ms, None)),
            Payload::Grant(it) => Some((it.issued_at_ms, signer(title))),
            Payload::Redeem(it) => Some((it.redeemed_at_ms, signer(&it.grant))),
            _ => None,
        }
    });
    match given.min() {
        Some((at, by)) => (Timestamp::from_millisecond(at).ok(), by),
        None => (None, None),
    }
}

/// Somebody's devices, ended ones too, as far as the list's statements tell.
fn devices(authority: &Authority, did: &Did) -> Vec<MemberDevice> {
    let mut named: BTreeMap<PublicKey, (i64, String)> = BTreeMap::new();
    for statement in authority.statements().values() {
        if let Payload::Device(device) = statement.payload()
            && device.identity == *did
            && authority.identities().is_certified(did, &device.device)
        {
            let found = (device.issued_at_ms, device.name.clone());
            let newest = named.entry(device.device).or_insert_with(|| found.clone());
            *newest = found.max(newest.clone());
        }
    }
    let mut devices: Vec<(i64, MemberDevice)> = named
        .into_iter()
        .map(|(key, (at, name))| {
            let revoked = !authority.identities().is_live(did, &key);
            let id = device_id(&key);
            (at, MemberDevice { id, name, revoked })
        })
        .collect();
    devices.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    devices.into_iter().map(|(_, device)| device).collect()
}
