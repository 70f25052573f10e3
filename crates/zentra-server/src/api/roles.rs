//! The words of roles, as bodies give them and answers show them.
//!
//! Owns the words. Must not know which route needs which role.

use zentra_events::event::role;

/// The words for role bits, in a fixed order.
pub(crate) fn role_names(roles: u8) -> Vec<&'static str> {
    ROLES.iter().filter(|(bit, _)| roles & bit != 0).map(|(_, name)| *name).collect()
}

/// The bit of a role's word.
pub(crate) fn role_bit(name: &str) -> Option<u8> {
    ROLES.iter().find(|(_, known)| *known == name).map(|(bit, _)| *bit)
}

const ROLES: [(u8, &str); 5] = [
    (role::WRITER, "writer"),
    (role::OPERATOR, "operator"),
    (role::AUDITOR, "auditor"),
    (role::ADMIN, "admin"),
    (role::DEPLOYMENT, "deployment"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_words() {
        assert_eq!(role_names(role::WRITER | role::ADMIN), ["writer", "admin"]);
        assert_eq!(role_bit("auditor"), Some(role::AUDITOR));
        assert_eq!(role_bit("root"), None);
    }
}
