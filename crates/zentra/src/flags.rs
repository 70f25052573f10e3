//! The flags of `zentra serve`, made from the table of settings.
//!
//! Owns how a setting becomes a flag and its help. Must not know what a value means: the settings
//! read it.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use zentra_server::config::{Form, SETTINGS, Setting};

/// What was given on the command line, by the names of settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingFlags {
    pub(crate) given: Vec<(&'static str, String)>,
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| command.arg(arg(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        SettingFlags::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<SettingFlags, Error> {
        let mut flags = SettingFlags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for setting in SETTINGS {
            if let Some(values) = matches.get_many::<String>(setting.name) {
                let values: Vec<&str> = values.map(String::as_str).collect();
                self.given.push((setting.name, values.join(",")));
            }
        }
        Ok(())
    }
}

fn arg(setting: &Setting) -> Arg {
    let help = format!(
        "{} [file: {}] [env: {}] [default: {}]",
        setting.meaning(),
        setting.name,
        setting.variable(),
        setting.default_shown()
    );
    let long = setting.flag().trim_start_matches('-').to_owned();
    let arg = Arg::new(setting.name).long(long).value_name(setting.form.placeholder()).help(help);
    match setting.form {
        // Alone it switches on; `--h2c=false` wins over a variable that does.
        Form::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Form::Quotas => arg.action(ArgAction::Append).visible_alias("quota"),
        form if form.is_list() => arg.action(ArgAction::Append),
        _ => arg,
    }
}

#[cfg(test)]
mod tests {
    use crate::args::Args;
    use clap::{CommandFactory, Parser};
    use zentra_server::config::SETTINGS;

    #[test]
    fn every_setting_is_in_the_help_with_its_line_its_variable_and_its_default() {
        let mut command = Args::command();
        let serve = command.find_subcommand_mut("serve").unwrap();
        let help = serve.render_long_help().to_string();
        let words: Vec<&str> = help.split_whitespace().collect();
        let help = words.join(" ");
        for setting in SETTINGS {
            let end = format!(
                "[file: {}] [env: {}] [default: {}]",
                setting.name,
                setting.variable(),
                setting.default_shown()
            );
            let flag = |word: &&str| word.split('[').next() == Some(setting.flag().as_str());
            assert!(words.iter().any(flag), "{}", setting.flag());
            assert!(help.contains(&setting.meaning()), "{}: {help}", setting.name);
            assert!(help.contains(&end), "{end}");
        }
    }

    #[test]
    fn lists_may_be_repeated_and_switches_stand_alone() {
        let given = |flags: &[&str]| {
            let args = Args::try_parse_from([&["zentra", "serve"], flags].concat()).ok()?;
            let crate::args::Command::Serve(serve) = args.command else { return None };
            Some(serve.settings.given)
        };
        let of = |name: &'static str, text: &str| Some(vec![(name, text.to_owned())]);
        assert_eq!(given(&[]), Some(vec![]));
        assert_eq!(given(&["--h2c"]), of("h2c", "true"));
        assert_eq!(given(&["--h2c=false"]), of("h2c", "false"));
        let networks = ["--allow-address", "10.0.0.0/8,fd00::/8", "--allow-address", "127.0.0.0/8"];
        assert_eq!(given(&networks), of("allow_address", "10.0.0.0/8,fd00::/8,127.0.0.0/8"));
        assert_eq!(
            given(&["--quota", "keys=3", "--quotas=accounts=4"]),
            of("quotas", "keys=3,accounts=4")
        );
        assert_eq!(given(&["--inbox-max", "1", "--inbox-max", "2"]), None);
        assert_eq!(given(&["--inbox", "1"]), None);
    }
}
