//! Signing secrets as deliveries see them: sealed, in versions that overlap while they rotate.
//!
//! Owns the table of secrets and which versions sign at a moment. Never opens one.

use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use zentra_events::event::{SecretCreatedV1, SecretRotatedV1, SecretVersionEndedV1};
use zentra_events::{Header, Position, ScopeNo, SecretNo, Timestamp};
use zentra_table::Dense;

/// Versions of a secret that are kept; the oldest goes first.
pub const SECRET_VERSIONS_MAX: usize = 8;

/// A version of a secret.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecretVersion {
    /// Numbered from 1.
    pub version: u32,
    /// The secret, sealed by the deployment's key.
    pub sealed: Arc<[u8]>,
    /// Until when it signs; none for the newest.
    pub valid_until: Option<Timestamp>,
}

impl fmt::Debug for SecretVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, valid_until, .. } = self;
        write!(f, "SecretVersion({version}, until {valid_until:?}, sealed)")
    }
}

/// A secret as it is shown to the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// Its dense number in the log.
    pub secret: SecretNo,
    /// The scope whose endpoints may use it.
    pub scope: ScopeNo,
    /// The name it is shared by; none for one endpoint's own.
    pub name: Option<String>,
    /// Its versions, newest first.
    pub versions: Vec<SecretVersion>,
    /// The head of its stream.
    pub last: Position,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Secret {
    pub(crate) scope: ScopeNo,
    pub(crate) name: Option<String>,
    pub(crate) versions: Vec<SecretVersion>,
    pub(crate) last: Position,
}

impl Secret {
    /// The number of the newest version.
    pub(crate) fn newest(&self) -> u32 {
        self.versions.first().map_or(0, |version| version.version)
    }

    /// How many versions would go on signing after `now` if they ended at `until` at the latest.
    pub(crate) fn signing_until(&self, until: Timestamp, now: Timestamp) -> usize {
        let end = |version: &SecretVersion| version.valid_until.unwrap_or(until).min(until);
        self.versions.iter().filter(|version| now < end(version)).count()
    }

    /// The versions that sign at `now`, newest first.
    pub(crate) fn valid_at(&self, now: Timestamp) -> Vec<(u32, Arc<[u8]>)> {
        self.versions
            .iter()
            .filter(|version| version.valid_until.is_none_or(|until| now < until))
            .map(|version| (version.version, Arc::clone(&version.sealed)))
            .collect()
    }
}

/// Every secret by its dense number, and the named ones by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Secrets {
    all: Dense<Secret, CHUNK_BITS>,
    scopes: BTreeMap<ScopeNo, OfScope>,
}

/// What a scope has of secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfScope {
    len: u64,
    by_name: BTreeMap<String, SecretNo>,
}

/// Secrets in a chunk: 2^6, so that what a read view shares is copied in small pieces.
const CHUNK_BITS: u32 = 6;

impl Secrets {
    /// A read view of the secrets, for a snapshot: nothing is found in it by name.
    pub(crate) fn read_view(&mut self) -> Secrets {
        Secrets { all: self.all.read_view(), ..Secrets::default() }
    }

    pub(crate) fn all(&self) -> &Dense<Secret, CHUNK_BITS> {
        &self.all
    }

    pub(crate) fn get(&self, no: SecretNo) -> Option<&Secret> {
        self.all.get(no.index())
    }

    pub(crate) fn by_name(&self, scope: ScopeNo, name: &str) -> Option<SecretNo> {
        self.scopes.get(&scope)?.by_name.get(name).copied()
    }

    pub(crate) fn len_of(&self, scope: ScopeNo) -> u64 {
        self.scopes.get(&scope).map_or(0, |known| known.len)
    }

    /// The number that the next secret will have.
    pub(crate) fn next_no(&self) -> Option<SecretNo> {
        u32::try_from(self.all.len()).ok().map(SecretNo)
    }

    pub(crate) fn view(&self, no: SecretNo) -> Option<SecretView> {
        let secret = self.get(no)?;
        Some(SecretView {
            secret: no,
            scope: secret.scope,
            name: secret.name.clone(),
            versions: secret.versions.clone(),
            last: secret.last,
        })
    }

    /// Says until when versions sign otherwise.
    pub(crate) fn map_times(&mut self, map: impl Fn(Timestamp) -> Timestamp) {
        for no in 0..self.all.len() {
            let versions = self.all.get_mut(no).map(|secret| &mut secret.versions);
            let untils = versions.into_iter().flatten();
            for until in untils.filter_map(|version| version.valid_until.as_mut()) {
                *until = map(*until);
            }
        }
    }

    pub(crate) fn created(&mut self, header: &Header, body: &SecretCreatedV1) {
        if self.next_no() != Some(body.secret) {
            return;
        }
        let sealed = body.sealed.as_slice().into();
        let versions = vec![SecretVersion { version: 1, sealed, valid_until: None }];
        let name = body.name.clone();
        self.push(Secret { scope: header.scope, name, versions, last: header.position });
    }

    pub(crate) fn rotated(&mut self, header: &Header, body: &SecretRotatedV1) {
        let Some(secret) = self.all.get_mut(body.secret.index()) else { return };
        for version in &mut secret.versions {
            let until = version.valid_until.unwrap_or(body.previous_until);
            version.valid_until = Some(until.min(body.previous_until));
        }
        let (version, sealed) = (body.version, body.sealed.as_slice().into());
        secret.versions.insert(0, SecretVersion { version, sealed, valid_until: None });
        secret.versions.truncate(SECRET_VERSIONS_MAX);
        secret.last = header.position;
    }

    pub(crate) fn version_ended(&mut self, header: &Header, body: &SecretVersionEndedV1) {
        let Some(secret) = self.all.get_mut(body.secret.index()) else { return };
        let mut versions = secret.versions.iter_mut();
        if let Some(version) = versions.find(|known| known.version == body.version) {
            let now = header.recorded_at;
            version.valid_until = Some(version.valid_until.map_or(now, |until| until.min(now)));
        }
        secret.last = header.position;
    }

    /// Appends a secret; false when its scope has one of its name.
    pub(crate) fn push(&mut self, secret: Secret) -> bool {
        let Some(no) = self.next_no() else { return false };
        let known = self.scopes.entry(secret.scope).or_default();
        if let Some(name) = &secret.name {
            if known.by_name.contains_key(name) {
                return false;
            }
            known.by_name.insert(name.clone(), no);
        }
        known.len += 1;
        self.all.push(secret);
        true
    }
}
