//! The crate graph: which crate of ours may use which, and what the pure ones may link.
//!
//! The table is the rule: an edge that it does not have fails, and one that nobody uses too, so
//! that each change of the graph is a reviewed change of this file. Must not know what the crates
//! do.

mod check;
mod edges;
mod sizes;
mod workspace;

pub(crate) use check::check;

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
const LOG: &str = "zentra-log";
const STORE: &str = "zentra-store";
const ENGINE: &str = "zentra-engine";
const ENV: &str = "zentra-env";
const KEYRING: &str = "zentra-keyring";
const HTTP_GUARD: &str = "zentra-http-guard";
const RUNTIME: &str = "zentra-runtime";
const SENDER: &str = "zentra-sender";
const SEALER: &str = "zentra-sealer";
const BACKUP: &str = "zentra-backup";
const API_TYPES: &str = "zentra-api-types";
const HTTP_LISTEN: &str = "zentra-http-listen";
const VIEWS: &str = "zentra-views";
const CONTROL: &str = "zentra-control";
const AUTH: &str = "zentra-auth";
const API: &str = "zentra-api";
const SERVER: &str = "zentra-server";
const TABLE: &str = "zentra-table";
const TESTKIT: &str = "zentra-testkit";
const BATCH: &str = "zentra-batch";

/// One rule a crate; a crate may use crates that stand above it only.
const RULES: &[Rule] = &[
    Rule {
        name: EVENTS,
        ours: &[],
        ours_in_tests: &[],
        third_party: Budget::Pure(&[
            "bincode",
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
        ours: &[EVENTS, TABLE],
        ours_in_tests: &[],
        third_party: Budget::Pure(&["bincode", "blake3"]),
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
    Rule {
        name: LOG,
        ours: &[EVENTS],
        ours_in_tests: &[],
        third_party: Budget::Pure(&["bytes", "thiserror"]),
    },
    Rule {
        name: STORE,
        ours: &[EVENTS, LOG],
        // For the suite that its feature has.
        ours_in_tests: &[LOG],
        third_party: Budget::Shell,
    },
    Rule {
        name: ENGINE,
        ours: &[EVENTS, TABLE, LEDGER, DELIVERY],
        ours_in_tests: &[TESTKIT],
        third_party: Budget::Pure(&["bincode", "blake3", "bytes", "thiserror"]),
    },
    Rule { name: ENV, ours: &[EVENTS], ours_in_tests: &[], third_party: Budget::Shell },
    Rule {
        name: KEYRING,
        ours: &[EVENTS, SIGNATURE, STORE, ENV],
        ours_in_tests: &[ENV],
        third_party: Budget::Shell,
    },
    // Shared with clients: what they link is what it links.
    Rule { name: API_TYPES, ours: &[EVENTS], ours_in_tests: &[], third_party: Budget::Shell },
    Rule { name: HTTP_GUARD, ours: &[EVENTS, ENV], ours_in_tests: &[], third_party: Budget::Shell },
    // All that runs stands on it; it knows none of what it is used for.
    Rule {
        name: RUNTIME,
        ours: &[EVENTS, LEDGER, DELIVERY, EVIDENCE, LOG, STORE, ENGINE, ENV, KEYRING],
        ours_in_tests: &[STORE, ENV, TESTKIT],
        third_party: Budget::Shell,
    },
    // Sends what the scheduler says is due; nothing but the server and the API uses it.
    Rule {
        name: SENDER,
        ours: &[EVENTS, SIGNATURE, DELIVERY, ENGINE, ENV, KEYRING, HTTP_GUARD, RUNTIME],
        ours_in_tests: &[ENV, TESTKIT],
        third_party: Budget::Shell,
    },
    // Seals what is durable; what shows its proofs stands above it.
    Rule {
        name: SEALER,
        ours: &[EVENTS, EVIDENCE, LOG, STORE, ENGINE, ENV, KEYRING, RUNTIME],
        ours_in_tests: &[ENV, TESTKIT],
        third_party: Budget::Shell,
    },
    // Copies a data folder; only the command line asks for it.
    Rule {
        name: BACKUP,
        ours: &[EVENTS, STORE, ENGINE, ENV, RUNTIME],
        ours_in_tests: &[ENV, TESTKIT],
        third_party: Budget::Shell,
    },
    // Connections, whatever is served on them.
    Rule { name: HTTP_LISTEN, ours: &[EVENTS], ours_in_tests: &[], third_party: Budget::Shell },
    // Lists of what is durable; it does not know what shows them.
    Rule {
        name: VIEWS,
        ours: &[EVENTS, LEDGER, DELIVERY, STORE, API_TYPES, ENV, RUNTIME],
        ours_in_tests: &[LOG, ENGINE, ENV, RUNTIME, TESTKIT],
        third_party: Budget::Shell,
    },
    // The command line beside a running server; both ends of its socket.
    Rule {
        name: CONTROL,
        ours: &[EVENTS, ENGINE, ENV, RUNTIME],
        ours_in_tests: &[TESTKIT],
        third_party: Budget::Shell,
    },
    // Whose key it is, and what its roles allow; it knows no route.
    Rule {
        name: AUTH,
        ours: &[EVENTS, API_TYPES, RUNTIME],
        ours_in_tests: &[],
        third_party: Budget::Shell,
    },
    // What is asked and how it is answered; it does not know the server.
    Rule {
        name: API,
        ours: &[
            EVENTS,
            SIGNATURE,
            BATCH,
            LEDGER,
            DELIVERY,
            ENGINE,
            ENV,
            KEYRING,
            API_TYPES,
            HTTP_GUARD,
            RUNTIME,
            SENDER,
            SEALER,
            HTTP_LISTEN,
            VIEWS,
            AUTH,
        ],
        // For what their features let tests see, or as judges.
        ours_in_tests: &[TABLE, EVIDENCE, ENV, RUNTIME, CONTROL, TESTKIT],
        third_party: Budget::Shell,
    },
    Rule {
        name: SERVER,
        ours: &[
            EVENTS,
            STORE,
            ENGINE,
            ENV,
            KEYRING,
            HTTP_GUARD,
            RUNTIME,
            SENDER,
            SEALER,
            HTTP_LISTEN,
            VIEWS,
            CONTROL,
            API,
        ],
        ours_in_tests: &[],
        third_party: Budget::Shell,
    },
    Rule {
        name: "zentra",
        ours: &[
            EVENTS, SIGNATURE, BATCH, LEDGER, LOG, STORE, ENGINE, ENV, KEYRING, RUNTIME, SEALER,
            BACKUP, CONTROL, AUTH, API, SERVER,
        ],
        ours_in_tests: &[ENV],
        third_party: Budget::Shell,
    },
    // For tests only: no rule but those of tests may name it.
    Rule {
        name: TESTKIT,
        ours: &[EVENTS, LEDGER, DELIVERY, LOG, STORE, ENGINE, ENV, KEYRING, RUNTIME],
        ours_in_tests: &[],
        third_party: Budget::Shell,
    },
    // Calls the readers of all of them; nothing of the product uses it.
    Rule {
        name: "zentra-fuzz",
        ours: &[EVENTS, BATCH, LEDGER, DELIVERY, EVIDENCE, ENGINE, ENV, API, TESTKIT],
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
