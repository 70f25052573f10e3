//! Who is who: scopes, actors and API keys.
//!
//! Folded from `scope.created`, `actor.registered`, `key.created` and `key.revoked`. The engine
//! holds one; the shell folds its own from durable entries, to authenticate. Must not know a key's
//! secret text, only its hash.

use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use zentra_events::event::role;
use zentra_events::{
    ActorName, ActorNo, Event, Header, KeyId, Position, ScopeName, ScopeNo, ScopeNumber, WrongFact,
};
use zentra_table::{Dense, SectionError, SectionReader, SectionWriter};

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// The scope it belongs to.
    pub scope: ScopeNo,
    /// Who acts with it.
    pub actor: ActorNo,
    /// Bits of [`zentra_events::event::role`].
    pub roles: u8,
    /// What it is for.
    pub label: String,
    /// Whether it stopped working.
    pub revoked: bool,
    /// The last entry of its stream.
    pub last: Position,
}

/// A scope, and where it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeMade {
    /// Its number.
    pub scope: ScopeNo,
    /// Its name.
    pub name: ScopeName,
    /// The entry that made it.
    pub position: Position,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Scope {
    name: ScopeName,
    next_number: ScopeNumber,
    created_at: Position,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct KeyRow {
    key: ApiKey,
    hash: [u8; 32],
}

/// Rows in a chunk: 2^6, so that what a read view shares is copied in small pieces.
const CHUNK_BITS: u32 = 6;

/// Scopes, actors and keys of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    scopes: Dense<Scope, CHUNK_BITS>,
    actors: Dense<ActorName, CHUNK_BITS>,
    /// In the order of their making, which is that of their ids.
    keys: Dense<KeyRow, CHUNK_BITS>,
    found: Found,
}

/// What follows from the rows, to find them by. Never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    scope_by_name: BTreeMap<ScopeName, ScopeNo>,
    actor_by_name: BTreeMap<ActorName, ActorNo>,
    /// Numbers of keys.
    key_by_hash: BTreeMap<[u8; 32], u32>,
    scopes: Vec<OfScope>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfScope {
    /// The numbers of its keys, in their order.
    keys: Vec<u32>,
    /// How many of them administer it and work.
    admins: u32,
}

impl Directory {
    /// The scope with this name.
    pub fn scope_by_name(&self, name: &ScopeName) -> Option<ScopeNo> {
        self.found.scope_by_name.get(name).copied()
    }

    /// The name of a scope.
    pub fn scope_name(&self, scope: ScopeNo) -> Option<&ScopeName> {
        self.scopes.get(scope.index()).map(|scope| &scope.name)
    }

    /// The scopes, in the order of their numbers.
    pub fn scopes(&self) -> impl Iterator<Item = (ScopeNo, &ScopeName)> {
        self.scopes.iter().enumerate().map(|(index, scope)| (ScopeNo(index as u32), &scope.name))
    }

    /// The scopes with smaller numbers than this one (all, without one), newest first.
    pub fn scopes_before(&self, before: Option<ScopeNo>) -> impl Iterator<Item = ScopeMade> {
        let end = before.map_or(self.scopes.len(), |no| no.index().min(self.scopes.len()));
        (0..end).rev().filter_map(|index| {
            let made = self.scopes.get(index)?;
            let (scope, name) = (ScopeNo(index as u32), made.name.clone());
            Some(ScopeMade { scope, name, position: made.created_at })
        })
    }

    /// The number that the scope's next entry will get.
    pub fn next_number(&self, scope: ScopeNo) -> Option<ScopeNumber> {
        self.scopes.get(scope.index()).map(|scope| scope.next_number)
    }

    /// The name of an actor.
    pub fn actor_name(&self, actor: ActorNo) -> Option<&ActorName> {
        self.actors.get(actor.index())
    }

    /// The number of an actor.
    pub fn actor_by_name(&self, name: &ActorName) -> Option<ActorNo> {
        self.found.actor_by_name.get(name).copied()
    }

    /// The key whose secret text has this BLAKE3 hash. The hash is of a high-entropy secret, so
    /// looking it up in an ordered map tells an attacker nothing that helps.
    pub fn key_by_hash(&self, hash: &[u8; 32]) -> Option<&ApiKey> {
        self.row(*self.found.key_by_hash.get(hash)?)
    }

    /// The key with this id.
    pub fn key(&self, id: KeyId) -> Option<&ApiKey> {
        self.row(self.number(id)?)
    }

    fn row(&self, number: u32) -> Option<&ApiKey> {
        self.keys.get(number as usize).map(|row| &row.key)
    }

    fn number(&self, id: KeyId) -> Option<u32> {
        let number = self.keys.partition_point(|row| row.key.id < id);
        self.keys.get(number).filter(|row| row.key.id == id)?;
        Some(number as u32)
    }

    /// The keys of a scope that were made before this one (all, without one), newest first. It
    /// costs what is taken of it, whatever else the scope and the others have.
    pub fn keys_before(
        &self,
        scope: ScopeNo,
        before: Option<KeyId>,
    ) -> impl Iterator<Item = &ApiKey> {
        let keys = self.found.scopes.get(scope.index()).map_or(&[][..], |scope| &scope.keys);
        let is_before = |number: &u32, before| self.row(*number).is_some_and(|key| key.id < before);
        let end = before
            .map_or(keys.len(), |before| keys.partition_point(|number| is_before(number, before)));
        keys[..end].iter().rev().filter_map(|number| self.row(*number))
    }

    /// How many working keys administer a scope.
    pub fn admins(&self, scope: ScopeNo) -> u32 {
        self.found.scopes.get(scope.index()).map_or(0, |scope| scope.admins)
    }

    /// A read view of the rows, for a snapshot: nothing is found in it by name or hash.
    pub(crate) fn read_view(&mut self) -> Directory {
        Directory {
            scopes: self.scopes.read_view(),
            actors: self.actors.read_view(),
            keys: self.keys.read_view(),
            found: Found::default(),
        }
    }

    /// Layout: scopes, actors and keys, each as count u64 and rows in the order of numbers.
    pub(crate) fn encode(&self, out: &mut SectionWriter<'_>) {
        out.put_list(self.scopes.len(), self.scopes.iter());
        out.put_list(self.actors.len(), self.actors.iter());
        out.put_list(self.keys.len(), self.keys.iter());
    }

    /// The directory whose rows these are.
    pub(crate) fn decode(reader: &mut SectionReader<'_>) -> Result<Directory, SectionError> {
        let mut directory = Directory::default();
        for _ in 0..reader.take::<u64>()? {
            directory.add_scope(reader.take()?)?;
        }
        for _ in 0..reader.take::<u64>()? {
            directory.add_actor(reader.take()?)?;
        }
        for _ in 0..reader.take::<u64>()? {
            directory.add_key(reader.take()?)?;
        }
        Ok(directory)
    }

    fn add_scope(&mut self, scope: Scope) -> Result<(), SectionError> {
        let no = ScopeNo(self.scopes.len() as u32);
        if self.found.scope_by_name.insert(scope.name.clone(), no).is_some() {
            return Err(SectionError::Inconsistent("two scopes have one name"));
        }
        self.scopes.push(scope);
        self.found.scopes.push(OfScope::default());
        Ok(())
    }

    fn add_actor(&mut self, name: ActorName) -> Result<(), SectionError> {
        let no = ActorNo(self.actors.len() as u32);
        if self.found.actor_by_name.insert(name.clone(), no).is_some() {
            return Err(SectionError::Inconsistent("two actors have one name"));
        }
        self.actors.push(name);
        Ok(())
    }

    fn add_key(&mut self, row: KeyRow) -> Result<(), SectionError> {
        let number = self.keys.len() as u32;
        let follows = self.keys.last().is_none_or(|last| last.key.id < row.key.id);
        let acts = self.actor_name(row.key.actor).is_some();
        let of_scope = self.found.scopes.get_mut(row.key.scope.index());
        let Some(of_scope) = of_scope.filter(|_| follows && acts) else {
            return Err(SectionError::Inconsistent("a key is out of order or of nobody"));
        };
        if self.found.key_by_hash.insert(row.hash, number).is_some() {
            return Err(SectionError::Inconsistent("two keys have one hash"));
        }
        of_scope.keys.push(number);
        of_scope.admins += u32::from(administers(&row.key));
        self.keys.push(row);
        Ok(())
    }

    /// Counts an entry in its scope. Call once an entry, after its events.
    pub fn count(&mut self, header: &Header) {
        if let Some(scope) = self.scopes.get_mut(header.scope.index()) {
            scope.next_number = header.scope_number.next();
        }
    }

    /// Whether an event follows from what is known; events of other families do.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check(
        &self,
        partition: u16,
        header: &Header,
        event: &Event,
    ) -> Result<(), WrongFact> {
        if let Event::ScopeCreated(body) = event {
            let next = body.scope.index() == self.scopes.len() && body.scope == header.scope;
            let follows = next && self.scope_by_name(&body.name).is_none();
            WrongFact::unless(follows, || format!("scope {} does not follow", body.name))
        } else if let Event::ActorRegistered(body) = event {
            let next = body.actor.index() == self.actors.len();
            let follows = next && self.actor_by_name(&body.name).is_none();
            WrongFact::unless(follows, || format!("actor {} does not follow", body.name))
        } else if let Event::KeyCreated(body) = event {
            let known = self.actor_name(body.actor).is_some();
            let follows = known && self.key_by_hash(&body.hash).is_none();
            WrongFact::unless(follows, || format!("a key of {:?} does not follow", body.actor))
        } else if let Event::KeyRevoked(body) = event {
            let key = self.key(body.key).filter(|_| body.key.0.partition == partition);
            let follows = key.is_some_and(|key| key.scope == header.scope && !key.revoked);
            WrongFact::unless(follows, || format!("{} is no active key", body.key))
        } else {
            let known = self.scope_name(header.scope).is_some();
            WrongFact::unless(known, || format!("there is no scope {:?}", header.scope))
        }
    }

    /// Folds one event; ignores other families, and what does not follow, which `check` refuses.
    pub fn evolve(&mut self, partition: u16, header: &Header, index: u16, event: &Event) {
        let added = if let Event::ScopeCreated(body) = event {
            let (name, created_at) = (body.name.clone(), header.position);
            self.add_scope(Scope { name, next_number: ScopeNumber(0), created_at })
        } else if let Event::ActorRegistered(body) = event {
            self.add_actor(body.name.clone())
        } else if let Event::KeyCreated(body) = event {
            let key = ApiKey {
                id: KeyId::at(partition, header.position, index),
                scope: header.scope,
                actor: body.actor,
                roles: body.roles,
                label: body.label.clone(),
                revoked: false,
                last: header.position,
            };
            self.add_key(KeyRow { key, hash: body.hash })
        } else if let Event::KeyRevoked(body) = event {
            self.revoke(header, body.key);
            Ok(())
        } else {
            Ok(())
        };
        debug_assert!(added.is_ok(), "{added:?}");
    }

    fn revoke(&mut self, header: &Header, id: KeyId) {
        let number = self.number(id).map(|number| number as usize);
        let Some(row) = number.and_then(|number| self.keys.get_mut(number)) else { return };
        if let Some(scope) = self.found.scopes.get_mut(row.key.scope.index()) {
            scope.admins = scope.admins.saturating_sub(u32::from(administers(&row.key)));
        }
        row.key.revoked = true;
        row.key.last = header.position;
    }

    /// How many scopes there are.
    pub fn scopes_len(&self) -> usize {
        self.scopes.len()
    }

    /// How many actors there are.
    pub fn actors_len(&self) -> usize {
        self.actors.len()
    }
}

fn administers(key: &ApiKey) -> bool {
    !key.revoked && key.roles & role::ADMIN != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::event::{ActorRegisteredV1, KeyCreatedV1, KeyRevokedV1, ScopeCreatedV1};
    use zentra_events::{ActorNo, RequestId, Timestamp};

    #[test]
    fn a_page_of_keys_costs_the_page_whatever_else_there_is() {
        let mut directory = Directory::default();
        let mut at = 0;
        let mut tell = |directory: &mut Directory, scope: u32, event: Event| {
            let header = Header {
                position: Position(at),
                scope: ScopeNo(scope),
                scope_number: ScopeNumber(at),
                recorded_at: Timestamp(at),
                actor: ActorNo(0),
                request_id: RequestId([0; 16]),
                cause: None,
                idempotency: None,
            };
            at += 1;
            directory.evolve(0, &header, 0, &event);
            KeyId::at(0, header.position, 0)
        };
        for (scope, name) in ["a", "b"].into_iter().enumerate() {
            let scope = scope as u32;
            let made = ScopeCreatedV1 { scope: ScopeNo(scope), name: name.parse().unwrap() };
            tell(&mut directory, scope, made.into());
        }
        let registered = ActorRegisteredV1 { actor: ActorNo(0), name: "svc".parse().unwrap() };
        tell(&mut directory, 0, registered.into());
        let mut made = Vec::new();
        for number in 0..100_u8 {
            let mut hash = [number; 32];
            hash[0] = 255 - number;
            let (roles, label) = (role::ADMIN, String::new());
            let key = KeyCreatedV1 { actor: ActorNo(0), hash, roles, label };
            made.push(tell(&mut directory, u32::from(number % 10 == 0), key.into()));
        }
        let of = |before, most| -> Vec<KeyId> {
            directory.keys_before(ScopeNo(1), before).take(most).map(|key| key.id).collect()
        };
        assert_eq!(of(None, 3), [made[90], made[80], made[70]]);
        assert_eq!(of(Some(made[70]), 2), [made[60], made[50]]);
        assert_eq!(of(Some(made[0]), 2), []);
        assert_eq!(directory.admins(ScopeNo(1)), 10);
        let revoked = KeyRevokedV1 { key: made[0] };
        tell(&mut directory, 1, revoked.into());
        assert_eq!(directory.admins(ScopeNo(1)), 9);
        let end = directory.keys_before(ScopeNo(9), None).count();
        assert_eq!(end, 0, "a scope that is not there has none");
    }
}
