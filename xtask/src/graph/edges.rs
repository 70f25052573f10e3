//! The edges of the workspace beside the table: none besides, none that nobody uses.
//!
//! Owns what is said about each. The table itself is in graph.rs.

use super::workspace::{Crate, Use};
use super::{Budget, OUTSIDE, RULES, Rule};
use cargo_metadata::DependencyKind;

/// What is wrong with the edges of a workspace.
pub(super) fn violations(crates: &[Crate]) -> Vec<String> {
    let ours: Vec<&str> = crates.iter().map(|one| one.name.as_str()).collect();
    let mut wrong = Vec::new();
    for one in crates {
        match RULES.iter().find(|rule| rule.name == one.name) {
            Some(rule) => {
                for used in &one.uses {
                    let is_ours = ours.contains(&used.name.as_str());
                    wrong.extend(verdict(rule, &used.name, used.kind, is_ours));
                }
                wrong.extend(unused(rule, one));
            }
            None => wrong.push(format!(
                "{}: not in the table; say in RULES of xtask/src/graph.rs what it may use",
                one.name
            )),
        }
    }
    for rule in RULES.iter().filter(|rule| !ours.contains(&rule.name)) {
        wrong.push(format!(
            "{}: in the table but not in the workspace; delete its rule in xtask/src/graph.rs",
            rule.name
        ));
    }
    wrong
}

/// What is wrong with one edge, if anything is.
fn verdict(rule: &Rule, used: &str, kind: DependencyKind, is_ours: bool) -> Option<String> {
    let name = rule.name;
    let in_tests = kind == DependencyKind::Development;
    if is_ours {
        // A crate's tests may name the crate itself, to switch a feature on.
        let allowed = rule.ours.contains(&used)
            || (in_tests && (used == name || rule.ours_in_tests.contains(&used)));
        let list = if in_tests { "ours_in_tests" } else { "ours" };
        return (!allowed).then(|| {
            format!(
                "{name} -> {used} ({kind}): not in the table; move the code to a crate that may \
                 use it or, if the design changes, add it to `{list}` in xtask/src/graph.rs and \
                 to ARCHITECTURE.md"
            )
        });
    }
    let Budget::Pure(budget) = rule.third_party else { return None };
    if OUTSIDE.contains(&used) {
        return Some(format!(
            "{name} -> {used} ({kind}): {name} is pure and {used} touches the outside; do it in \
             the shell and hand the result over as an argument"
        ));
    }
    (!in_tests && !budget.contains(&used)).then(|| {
        format!(
            "{name} -> {used} ({kind}): over the budget of a pure crate; do without, or add it to \
             the budget in xtask/src/graph.rs and say in the commit why"
        )
    })
}

/// The edges that a rule allows and nothing makes, in the manifest or in the code.
fn unused(rule: &Rule, one: &Crate) -> Vec<String> {
    let name = rule.name;
    let made = |allowed: &str, in_tests: bool| {
        let kind = |used: &&Use| (used.kind == DependencyKind::Development) == in_tests;
        one.uses.iter().filter(kind).any(|used| used.name == allowed && used.in_code)
    };
    let mut wrong = Vec::new();
    for (list, allowed, in_tests) in
        [("ours", rule.ours, false), ("ours_in_tests", rule.ours_in_tests, true)]
    {
        for allowed in allowed.iter().filter(|allowed| !made(allowed, in_tests)) {
            wrong.push(format!(
                "{name} -> {allowed}: allowed, but nothing uses it; delete it from `{list}` in \
                 xtask/src/graph.rs and from the manifest"
            ));
        }
    }
    if let Budget::Pure(budget) = rule.third_party {
        for allowed in budget.iter().filter(|allowed| !made(allowed, false)) {
            wrong.push(format!(
                "{name} -> {allowed}: in the budget, but nothing uses it; delete it from there \
                 and from the manifest"
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{DELIVERY, ENGINE, EVENTS, EVIDENCE, LEDGER, SERVER, STORE, TABLE};
    use DependencyKind::{Build, Development, Normal};

    /// A workspace that uses all that the table allows.
    fn workspace() -> Vec<Crate> {
        let used = |name: &str, kind| Use { name: name.into(), kind, in_code: true };
        let of = |rule: &Rule| {
            let mut uses: Vec<Use> = rule.ours.iter().map(|name| used(name, Normal)).collect();
            uses.extend(rule.ours_in_tests.iter().map(|name| used(name, Development)));
            if let Budget::Pure(budget) = rule.third_party {
                uses.extend(budget.iter().map(|name| used(name, Normal)));
            }
            Crate { name: rule.name.into(), folder: String::new(), uses }
        };
        RULES.iter().map(of).collect()
    }

    fn said(name: &str, used: &str, kind: DependencyKind) -> String {
        let mut crates = workspace();
        let one = crates.iter_mut().find(|one| one.name == name).unwrap();
        one.uses.push(Use { name: used.into(), kind, in_code: true });
        violations(&crates).join("\n")
    }

    #[test]
    fn an_edge_that_is_allowed_and_that_nothing_uses_fails() {
        let said = |change: fn(&mut Crate)| {
            let mut crates = workspace();
            change(crates.iter_mut().find(|one| one.name == LEDGER).unwrap());
            violations(&crates).join("\n")
        };
        let unused = "zentra-ledger -> zentra-table: allowed, but nothing uses it";
        let by_name = |one: &mut Crate| one.uses.retain(|used| used.name != TABLE);
        assert!(said(by_name).contains(unused));
        assert!(
            said(|one| one.uses.iter_mut().for_each(|used| used.in_code = false)).contains(unused)
        );
        let third = said(|one| one.uses.retain(|used| used.name != "blake3"));
        assert!(third.contains("zentra-ledger -> blake3: in the budget"), "{third}");
        assert_eq!(said(|_| ()), "");
    }

    #[test]
    fn an_edge_that_the_table_does_not_have_fails() {
        for (name, used, kind, expected) in [
            (DELIVERY, LEDGER, Normal, "not in the table"),
            (DELIVERY, LEDGER, Development, "add it to `ours_in_tests`"),
            (EVENTS, LEDGER, Build, "add it to `ours`"),
            (STORE, STORE, Normal, "not in the table"),
            (SERVER, "zentra", Development, "not in the table"),
            (EVENTS, "tokio", Normal, "touches the outside"),
            (LEDGER, "getrandom", Development, "touches the outside"),
            (EVIDENCE, "hyper", Build, "touches the outside"),
            (LEDGER, "serde_json", Normal, "over the budget"),
        ] {
            let said = said(name, used, kind);
            assert!(said.contains(expected), "{name} -> {used} ({kind}): {said:?}");
        }
    }

    #[test]
    fn an_edge_of_the_table_passes() {
        for (name, used, kind) in [
            (LEDGER, EVENTS, Normal),
            (LEDGER, EVENTS, Development),
            (STORE, STORE, Development),
            (ENGINE, LEDGER, Normal),
            (LEDGER, "blake3", Normal),
            (LEDGER, "proptest", Development),
            (SERVER, "tokio", Normal),
        ] {
            assert_eq!(said(name, used, kind), "");
        }
    }

    #[test]
    fn the_table_and_the_workspace_name_the_same_crates() {
        let mut crates = workspace();
        crates.retain(|one| one.name != STORE);
        crates.push(Crate { name: "zentra-new".into(), folder: String::new(), uses: vec![] });
        let said = violations(&crates).join("\n");
        assert!(said.contains("zentra-new: not in the table"), "{said}");
        assert!(said.contains("zentra-store: in the table but not in the workspace"), "{said}");
    }

    #[test]
    fn the_table_goes_one_way_and_its_budgets_stay_inside() {
        for (at, rule) in RULES.iter().enumerate() {
            for used in rule.ours {
                let above = RULES[..at].iter().any(|other| other.name == *used);
                assert!(above, "{} -> {used} does not go up", rule.name);
            }
            if let Budget::Pure(budget) = rule.third_party {
                let outside: Vec<_> = budget.iter().filter(|one| OUTSIDE.contains(*one)).collect();
                assert!(outside.is_empty(), "{}: {outside:?}", rule.name);
            }
        }
    }
}
