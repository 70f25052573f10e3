//! Layers, and what is refused in each.

use super::*;
use crate::config::settings::LogFormat;
use std::path::PathBuf;
use zentra_events::Quota;

fn variables(rows: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    rows.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn of_text(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zentra.toml");
    std::fs::write(&file, text).unwrap();
    load(Some(&file), [], &[]).map(|loaded| loaded.config)
}

fn of_variables(rows: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    load(None, variables(rows), &[])
}

#[test]
fn flags_win_over_variables_those_over_the_file_and_that_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zentra.toml");
    std::fs::write(&file, "listen = '127.0.0.1:1'\nattempts_max = 3\nseal_entries = 7\n").unwrap();
    let variables = variables(&[
        ("ZENTRA_LISTEN", "127.0.0.1:2"),
        ("ZENTRA_ATTEMPTS_MAX", "4"),
        ("ZENTRA_CONFIG", "elsewhere.toml"),
        ("HOME", "/root"),
    ]);
    let flags = [("listen", "127.0.0.1:3".to_owned())];
    let Loaded { config, unknown_variables } = load(Some(&file), variables, &flags).unwrap();
    assert_eq!((config.listen.port(), config.attempts_max, config.seal_entries), (3, 4, 7));
    assert_eq!(config.inbox_max, Config::default().inbox_max);
    assert_eq!(unknown_variables, Vec::<String>::new());
}

#[test]
fn variables_of_others_are_named_and_do_no_harm() {
    // What Kubernetes gives every container beside a service named zentra.
    let rows = [
        ("ZENTRA_PORT", "tcp://10.0.0.7:7717"),
        ("ZENTRA_SERVICE_HOST", "10.0.0.7"),
        ("ZENTRA_SERVICE_PORT", "7717"),
        ("ZENTRA_PORT_7717_TCP_ADDR", "10.0.0.7"),
    ];
    let loaded = of_variables(&rows).unwrap();
    assert_eq!(loaded.config, Config::default());
    let mut names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(loaded.unknown_variables, names);
}

#[test]
fn lists_are_given_by_commas() {
    let networks = |rows: &[(&str, &str)]| of_variables(rows).unwrap().config.allow_address;
    let parsed = |texts: &[&str]| texts.iter().map(|one| one.parse().unwrap()).collect::<Vec<_>>();
    for (text, expected) in [
        ("127.0.0.0/8", &["127.0.0.0/8"][..]),
        ("127.0.0.0/8,fd00::/8", &["127.0.0.0/8", "fd00::/8"]),
        (" 127.0.0.0/8 , 10.0.0.0/8,", &["127.0.0.0/8", "10.0.0.0/8"]),
        ("", &[]),
    ] {
        assert_eq!(networks(&[("ZENTRA_ALLOW_ADDRESS", text)]), parsed(expected), "{text:?}");
    }
    let loaded = of_variables(&[("ZENTRA_QUOTAS", "keys=3, endpoints=5")]).unwrap();
    let table = loaded.config.quotas.table(1_000);
    assert_eq!((table.get(Quota::Keys), table.get(Quota::Endpoints)), (3, 5));
}

#[test]
fn quotas_of_layers_add_to_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zentra.toml");
    std::fs::write(&file, "[quotas]\nendpoints = 5\nkeys = 4\n").unwrap();
    let loaded = load(Some(&file), [], &[("quotas", "keys=3".to_owned())]).unwrap();
    let table = loaded.config.quotas.table(1_000);
    assert_eq!(table.get(Quota::Endpoints), 5);
    assert_eq!(table.get(Quota::Keys), 3, "a flag wins");
    assert_eq!(table.get(Quota::StateBytes), 500);
    assert_eq!(table.get(Quota::Accounts), Quota::Accounts.default_limit());
}

#[test]
fn nonsense_is_refused_in_every_layer_with_its_place() {
    let bad: [(&str, &[&str], &[&str]); 26] = [
        ("data", &[""], &["''", "3"]),
        ("listen", &["", "7717", "localhost:7717", "127.0.0.1:65536"], &["7717", "'x'"]),
        ("ready_file", &[""], &["''", "true"]),
        (
            "allow_address",
            &["10.0.0.1/33", "here", "127.0.0.1"],
            &["'127.0.0.0/8'", "['x']", "[1]"],
        ),
        ("inbox_max", &["0", "-1", "1048577", "x", "", "1.5", "+1"], &["0", "-1", "'7'", "1.0"]),
        ("attempts_max", &["0", "65537", "18446744073709551616"], &["0", "65537"]),
        ("segment_bytes", &["0", "4095", "1099511627777"], &["0"]),
        ("seal_after_ms", &["-1", "86400001"], &["-1", "86400001"]),
        ("seal_entries", &["0"], &["0"]),
        ("snapshot_entries", &["-1", "x"], &["-1"]),
        ("state_bytes_max", &["0", "1048575"], &["0"]),
        ("bodies_bytes_max", &["0", "8388607"], &["0"]),
        ("connections_max", &["0", "1048577"], &["0"]),
        ("connections_per_address_max", &["0", "none"], &["0", "'all'"]),
        ("head_timeout_ms", &["0", "86400001"], &["0"]),
        ("body_timeout_ms", &["0", "10s"], &["0", "'10s'"]),
        ("idle_timeout_ms", &["0"], &["0"]),
        ("write_timeout_ms", &["0"], &["0"]),
        ("drain_timeout_ms", &["-1", "86400001"], &["-1"]),
        ("h2c", &["1", "yes", ""], &["1", "'true'"]),
        ("endpoint_challenge", &["on"], &["'on'"]),
        (
            "quotas",
            &["keys", "keys=x", "keys=0", "key=3", "keys=1, keys=2"],
            &["3", "{ keys = 0 }", "{ key = 3 }"],
        ),
        ("disk_free_min_bytes", &["-1", "1G"], &["-1", "'1G'"]),
        ("read_only", &["2"], &["0"]),
        ("log_format", &["", "xml", "JSON"], &["'xml'"]),
        ("log_filter", &["", "inof", "info,", "zentra=loud", "=info"], &["'inof'", "3"]),
    ];
    assert_eq!(
        bad.map(|row| row.0).to_vec(),
        SETTINGS.iter().map(|one| one.name).collect::<Vec<_>>()
    );
    for (name, texts, lines) in bad {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).unwrap();
        for text in texts {
            let variable = setting.variable();
            let told = of_variables(&[(&variable, text)]).unwrap_err().to_string();
            assert!(told.starts_with(&format!("{variable}={text}: ")), "{told}");
            let told = load(None, [], &[(name, (*text).to_owned())]).unwrap_err().to_string();
            assert!(told.starts_with(&format!("{} {text}: ", setting.flag())), "{told}");
        }
        for line in lines {
            let told = of_text(&format!("{name} = {line}\n")).unwrap_err().to_string();
            assert!(told.contains(&format!("zentra.toml: {name} = ")), "{line}: {told}");
            assert!(!told.contains(".rs"), "{told}");
        }
    }
}

#[test]
fn unknown_lines_missing_files_and_broken_ones_are_refused() {
    let told = of_text("lissten = '127.0.0.1:1'\n").unwrap_err();
    assert!(matches!(&told, ConfigError::Unknown { name, .. } if name == "lissten"), "{told}");
    assert!(matches!(of_text("[other]\nlisten = 1\n"), Err(ConfigError::Unknown { .. })));
    let told = of_text("h2c = true\nlisten = \n").unwrap_err().to_string();
    assert!(told.contains("zentra.toml: line 2: ") && !told.contains('\n'), "{told}");
    let missing = load(Some(&PathBuf::from("/nowhere/zentra.toml")), [], &[]);
    let told = missing.unwrap_err().to_string();
    assert!(told.starts_with("the configuration file /nowhere/zentra.toml: "), "{told}");
}

#[test]
fn the_example_file_has_every_setting_at_its_default() {
    let example = crate::config::example_file();
    let mut lines = Vec::new();
    for setting in SETTINGS {
        let begin = format!("#{} = ", setting.name);
        let found: Vec<&str> = example.lines().filter(|line| line.starts_with(&begin)).collect();
        assert_eq!(found.len(), 1, "{begin}");
        lines.push(&found[0][1..]);
        let told = format!("# {}, {}; default: ", setting.flag(), setting.variable());
        assert!(example.contains(&told), "{told}");
    }
    let default = Config::default();
    let expected = Config {
        ready_file: Some(PathBuf::from("/run/zentra/ready")),
        state_bytes_max: 12_884_901_888,
        connections_per_address_max: Some(4_096),
        log_format: LogFormat::Text,
        ..default
    };
    assert_eq!(of_text(&lines.join("\n")).unwrap(), expected);
    assert_eq!(of_text(&example).unwrap(), Config::default(), "all lines are comments");
}
