//! The crate graph: which crate of ours may use which, and what the pure ones may link.
//!
//! The table is the rule: an edge that it does not have fails, so that a new edge is a reviewed
//! change of this file. Must not know what the crates do.

use crate::run::root;
use anyhow::{Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

struct Rule {
    name: &'static str,
    /// Crates of ours that it may use, in its code and in its tests.
    ours: &'static [&'static str],
    /// Crates of ours that its tests may use besides.
    ours_in_tests: &'static [&'static str],
    third_party: Budget,
}

enum Budget {
    /// Pure: no clock, randomness, files, sockets or runtime. It may link these crates only.
    Pure(&'static [&'static str]),
    /// The shell: a reason in the root Cargo.toml is enough.
    Shell,
}

const EVENTS: &str = "zentra-events";
const SIGNATURE: &str = "zentra-signature";
const LEDGER: &str = "zentra-ledger";
const DELIVERY: &str = "zentra-delivery";
const EVIDENCE: &str = "zentra-evidence";
const STORE: &str = "zentra-store";
const ENGINE: &str = "zentra-engine";
const SERVER: &str = "zentra-server";
const TABLE: &str = "zentra-table";
const BATCH: &str = "zentra-batch";

/// One rule a crate; a crate may use crates that stand above it only.
const RULES: &[Rule] = &[
    Rule {
        name: EVENTS,
        ours: &[],
        ours_in_tests: &[],
        third_party: Budget::Pure(&[
            "bincode",
            "blake3",
            "data-encoding",
            "jiff",
            "schemars",
            "serde",
            "serde_json",
            "thiserror",
        ]),
    },
    Rule {
        name: SIGNATURE,
        ours: &[],
        ours_in_tests: &[],
        third_party: Budget::Pure(&[
            "data-encoding",
            "ed25519-dalek",
            "hmac",
            "sha2",
            "subtle",
            "thiserror",
            "zeroize",
        ]),
    },
    Rule {
        name: TABLE,
        ours: &[],
        ours_in_tests: &[],
        third_party: Budget::Pure(&["bincode", "hashbrown", "thiserror"]),
    },
    // Its client speaks HTTP; the server uses the bytes only.
    Rule { name: BATCH, ours: &[EVENTS], ours_in_tests: &[], third_party: Budget::Shell },
    Rule {
        name: LEDGER,
        ours: &[EVENTS, TABLE],
        ours_in_tests: &[],
        third_party: Budget::Pure(&["bincode", "blake3", "thiserror"]),
    },
    Rule {
        name: DELIVERY,
        ours: &[EVENTS, SIGNATURE, TABLE],
        ours_in_tests: &[],
        third_party: Budget::Pure(&["bincode", "blake3", "ipnet", "thiserror", "url"]),
    },
    Rule {
        name: EVIDENCE,
        ours: &[EVENTS],
        ours_in_tests: &[],
        third_party: Budget::Pure(&[
            "blake3",
            "data-encoding",
            "ed25519-dalek",
            "serde",
            "sha2",
            "thiserror",
        ]),
    },
    Rule { name: STORE, ours: &[EVENTS], ours_in_tests: &[], third_party: Budget::Shell },
    Rule {
        name: ENGINE,
        ours: &[EVENTS, SIGNATURE, TABLE, LEDGER, DELIVERY, EVIDENCE, STORE],
        ours_in_tests: &[],
        third_party: Budget::Pure(&["bincode", "blake3", "bytes", "thiserror"]),
    },
    Rule {
        name: SERVER,
        ours: &[EVENTS, SIGNATURE, TABLE, BATCH, LEDGER, DELIVERY, EVIDENCE, STORE, ENGINE],
        ours_in_tests: &[],
        third_party: Budget::Shell,
    },
    Rule {
        name: "zentra",
        ours: &[EVENTS, SIGNATURE, TABLE, BATCH, LEDGER, DELIVERY, EVIDENCE, STORE, ENGINE, SERVER],
        ours_in_tests: &[],
        third_party: Budget::Shell,
    },
    // Calls the readers of all of them; nothing of the product uses it.
    Rule {
        name: "zentra-fuzz",
        ours: &[EVENTS, BATCH, LEDGER, DELIVERY, EVIDENCE, ENGINE, SERVER],
        ours_in_tests: &[],
        third_party: Budget::Shell,
    },
    Rule { name: "xtask", ours: &[], ours_in_tests: &[], third_party: Budget::Shell },
];

/// Third-party crates that touch the outside: no budget may name one, no test of a pure crate may
/// use one.
const OUTSIDE: &[&str] = &[
    "axum",
    "clap",
    "crossbeam-channel",
    "fjall",
    "getrandom",
    "hickory-resolver",
    "hyper",
    "hyper-util",
    "metrics-exporter-prometheus",
    "rand",
    "rustix",
    "rustls",
    "tokio",
    "tokio-rustls",
    "toml",
    "tower",
    "tower-http",
    "tracing-subscriber",
];

/// Compares every crate of the workspace with the table.
pub(crate) fn check() -> Result<()> {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?;
    let crates: Vec<Crate> = metadata.packages.iter().map(Crate::new).collect();
    let wrong = violations(&crates);
    if wrong.is_empty() {
        println!("{} crates, every edge is in the table", crates.len());
        return Ok(());
    }
    bail!("{} edges are wrong:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// One crate of the workspace and what its manifest names.
struct Crate {
    name: String,
    uses: Vec<(String, DependencyKind)>,
}

impl Crate {
    fn new(package: &Package) -> Crate {
        let uses = package.dependencies.iter();
        Crate {
            name: package.name.to_string(),
            uses: uses.map(|used| (used.name.clone(), used.kind)).collect(),
        }
    }
}

fn violations(crates: &[Crate]) -> Vec<String> {
    let ours: Vec<&str> = crates.iter().map(|one| one.name.as_str()).collect();
    let mut wrong = Vec::new();
    for one in crates {
        match RULES.iter().find(|rule| rule.name == one.name) {
            Some(rule) => {
                for (used, kind) in &one.uses {
                    wrong.extend(verdict(rule, used, *kind, ours.contains(&used.as_str())));
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use DependencyKind::{Build, Development, Normal};

    fn said(name: &str, used: &str, kind: DependencyKind) -> String {
        let mut crates: Vec<Crate> =
            RULES.iter().map(|rule| Crate { name: rule.name.into(), uses: vec![] }).collect();
        let one = crates.iter_mut().find(|one| one.name == name).unwrap();
        one.uses.push((used.into(), kind));
        violations(&crates).join("\n")
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
            (ENGINE, STORE, Normal),
            (LEDGER, "blake3", Normal),
            (LEDGER, "proptest", Development),
            (SERVER, "tokio", Normal),
        ] {
            assert_eq!(said(name, used, kind), "");
        }
    }

    #[test]
    fn the_table_and_the_workspace_name_the_same_crates() {
        let all = RULES.iter().map(|rule| rule.name).filter(|name| *name != STORE);
        let mut crates: Vec<Crate> =
            all.map(|name| Crate { name: name.into(), uses: vec![] }).collect();
        crates.push(Crate { name: "zentra-new".into(), uses: vec![] });
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
