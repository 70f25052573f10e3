//! The versions of a secret while it rotates: new ones sign first, old ones until their time is up.
//!
//! Owns which versions are active at an instant. Must not make secrets.

use crate::secret::SymmetricSecret;

/// Versions that one ring keeps at most.
pub const VERSIONS_MAX: usize = 8;

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1.
    pub version: u32,
    /// What signs.
    pub secret: SymmetricSecret,
    /// Until when it signs, in nanoseconds since 1970; none for as long as it is the newest.
    pub valid_until_ns: Option<u64>,
}

/// Why a ring does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Too many versions still overlap.
    #[error("{VERSIONS_MAX} versions still overlap; wait for one to end or revoke one")]
    Full,
    /// There is no such version.
    #[error("there is no version {0}")]
    Unknown(u32),
    /// The newest version cannot be revoked; rotate first.
    #[error("version {0} is the newest; rotate first")]
    Newest(u32),
}

/// The versions of one secret, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRing {
    versions: Vec<Version>,
}

impl SecretRing {
    /// A ring with its first version.
    pub fn new(secret: SymmetricSecret) -> SecretRing {
        SecretRing { versions: vec![Version { version: 1, secret, valid_until_ns: None }] }
    }

    /// The versions that sign at `now_ns`, newest first. A version ends at its instant.
    pub fn active(&self, now_ns: u64) -> impl Iterator<Item = &Version> {
        self.versions.iter().filter(move |v| v.valid_until_ns.is_none_or(|until| now_ns < until))
    }

    /// Adds a version. Those before sign until `now_ns + overlap_ns`, or their own earlier end.
    ///
    /// # Errors
    /// When too many versions still overlap.
    pub fn rotate(
        &mut self,
        secret: SymmetricSecret,
        overlap_ns: u64,
        now_ns: u64,
    ) -> Result<u32, RingError> {
        self.versions.retain(|v| v.valid_until_ns.is_none_or(|until| now_ns < until));
        if self.versions.len() >= VERSIONS_MAX {
            return Err(RingError::Full);
        }
        let until = now_ns.saturating_add(overlap_ns);
        for version in &mut self.versions {
            version.valid_until_ns = Some(version.valid_until_ns.map_or(until, |u| u.min(until)));
        }
        let version = self.versions.first().map_or(1, |v| v.version.saturating_add(1));
        self.versions.insert(0, Version { version, secret, valid_until_ns: None });
        Ok(version)
    }

    /// Ends an old version at once. To end the newest at once, rotate with no overlap.
    ///
    /// # Errors
    /// When there is no such version, or it is the newest.
    pub fn revoke(&mut self, version: u32) -> Result<(), RingError> {
        let found = self.versions.iter().position(|v| v.version == version);
        match found {
            None => Err(RingError::Unknown(version)),
            Some(0) => Err(RingError::Newest(version)),
            Some(index) => {
                self.versions.remove(index);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> SymmetricSecret {
        SymmetricSecret::from_bytes(&[byte; 32]).unwrap()
    }

    fn active(ring: &SecretRing, now_ns: u64) -> Vec<u32> {
        ring.active(now_ns).map(|version| version.version).collect()
    }

    #[test]
    fn old_versions_sign_until_the_overlap_ends() {
        let mut ring = SecretRing::new(secret(1));
        assert_eq!(ring.rotate(secret(2), 100, 1_000), Ok(2));
        assert_eq!(active(&ring, 1_099), [2, 1]);
        assert_eq!(active(&ring, 1_100), [2]);
        assert_eq!(ring.rotate(secret(3), 500, 1_050), Ok(3));
        assert_eq!(
            active(&ring, 1_060),
            [3, 2, 1],
            "a longer overlap does not lengthen an old one"
        );
        assert_eq!(active(&ring, 1_100), [3, 2]);
    }

    #[test]
    fn revoking_ends_an_old_version_at_once_and_never_the_newest() {
        let mut ring = SecretRing::new(secret(1));
        ring.rotate(secret(2), 100, 0).unwrap();
        assert_eq!(ring.revoke(2), Err(RingError::Newest(2)));
        assert_eq!(ring.revoke(9), Err(RingError::Unknown(9)));
        assert_eq!(ring.revoke(1), Ok(()));
        assert_eq!(active(&ring, 1), [2]);
    }

    #[test]
    fn overlapping_versions_are_bounded() {
        let mut ring = SecretRing::new(secret(0));
        for byte in 1..VERSIONS_MAX as u8 {
            ring.rotate(secret(byte), 1_000, 0).unwrap();
        }
        assert_eq!(ring.rotate(secret(99), 1_000, 0), Err(RingError::Full));
        assert!(ring.rotate(secret(99), 1_000, 1_000).is_ok(), "ended versions make room");
    }
}
