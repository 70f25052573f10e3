//! What a caller may do, and which roles give it. Reading needs a valid key and no more.
//!
//! Owns the table. Must not know which route needs what.

use crate::roles::shown_roles;
use zentra_api_types::Role;
use zentra_events::event::role;

/// What a route may need its caller to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Commands on money, endpoints and events.
    Write,
    /// Replay, resend, resolve.
    Operate,
    /// Enable, disable and rotate the secret of an endpoint.
    Tend,
    /// Digests of projections.
    Audit,
    /// Keys, chart, policy and routes.
    Administer,
    /// Scopes, and what each may use.
    Deploy,
}

impl Permission {
    /// Whether a key with these role bits has it.
    pub fn is_given_by(self, roles: u8) -> bool {
        roles & self.allowed() != 0
    }

    /// The roles of which one is enough, as a sentence has them: `writer or admin`.
    pub fn wanted(self) -> String {
        let words: Vec<&str> = shown_roles(self.allowed()).into_iter().map(Role::as_str).collect();
        words.join(" or ")
    }

    fn allowed(self) -> u8 {
        match self {
            Permission::Write => role::WRITER | role::ADMIN,
            Permission::Operate => role::OPERATOR | role::ADMIN,
            Permission::Tend => role::WRITER | role::OPERATOR | role::ADMIN,
            Permission::Audit => role::AUDITOR | role::ADMIN,
            Permission::Administer => role::ADMIN,
            Permission::Deploy => role::DEPLOYMENT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_given_by_its_role_and_by_admin_only() {
        let rows = [
            (Permission::Write, role::WRITER),
            (Permission::Operate, role::OPERATOR),
            (Permission::Audit, role::AUDITOR),
            (Permission::Administer, role::ADMIN),
        ];
        for (permission, bit) in rows {
            assert_eq!(permission.allowed(), bit | role::ADMIN, "{permission:?}");
        }
        assert_eq!(Permission::Deploy.allowed(), role::DEPLOYMENT, "no scope's admin is enough");
        assert_eq!(Permission::Tend.allowed() & role::AUDITOR, 0, "auditors change nothing");
        assert!(Permission::Tend.is_given_by(role::AUDITOR | role::WRITER));
        assert_eq!(Permission::Write.wanted(), "writer or admin");
    }
}
