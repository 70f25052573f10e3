//! The words of roles, as bodies give them and answers show them.
//!
//! Owns the words. Must not know who needs which role.

use zentra_api_types::Role;
use zentra_events::event::role;

/// The roles of these bits, in a fixed order.
pub fn shown_roles(roles: u8) -> Vec<Role> {
    ROLES.iter().filter(|(bit, _)| roles & bit != 0).map(|(_, role)| *role).collect()
}

/// The bit of a role's word.
pub fn role_bit(name: &str) -> Option<u8> {
    ROLES.iter().find(|(_, known)| known.as_str() == name).map(|(bit, _)| *bit)
}

const ROLES: [(u8, Role); 5] = [
    (role::WRITER, Role::Writer),
    (role::OPERATOR, Role::Operator),
    (role::AUDITOR, Role::Auditor),
    (role::ADMIN, Role::Admin),
    (role::DEPLOYMENT, Role::Deployment),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_words() {
        assert_eq!(shown_roles(role::WRITER | role::ADMIN), [Role::Writer, Role::Admin]);
        assert_eq!(role_bit("auditor"), Some(role::AUDITOR));
        assert_eq!(role_bit("root"), None);
    }
}
