//! Command lines with a settings file behind them: whatever flag a command has,
//! the table of the command's name may hold.
//!
//! ```toml
//! rest-listen = "0.0.0.0:10443"  # a setting of the service itself: see `layers`
//!
//! [token.create]
//! ttl = "30m"
//! ```
//!
//! A flag wins over its variable, a variable over the file, and the file over
//! the default of the program.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Command, Parser};
use figment::value::{Dict, Value};

use crate::layers::{ConfigError, Problem, scalar, toml};

/// The flag that names the file, in every program.
const FILE: &str = "config";

/// Reads the arguments of the process, over the settings file that they or
/// `PALISADE_CONFIG` name; ends the process with what is wrong with either.
pub fn parse<C: Parser>() -> C {
    read(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
}

/// # Errors
/// What is wrong with the arguments or the file, to be shown to people.
fn read<C: Parser>(args: Vec<OsString>) -> Result<C, clap::Error> {
    let mut command = C::command();
    let mut given = Vec::new();
    if let Some(file) = file_of(command.clone(), &args) {
        let mut tables = Tables { file: &file, given: Vec::new(), problems: Vec::new() };
        match toml(&file) {
            Ok(values) => command = tables.of_program(command, values),
            Err(problems) => tables.problems = problems,
        }
        if !tables.problems.is_empty() {
            let problems = ConfigError { problems: tables.problems };
            return Err(command.error(ErrorKind::Io, problems));
        }
        given = tables.given;
    }
    let parsed = command.try_get_matches_from_mut(args);
    let mut matches = parsed.map_err(|error| sourced(&mut command, error, &given))?;
    C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// The file that the arguments name. What is wrong with them is told later.
fn file_of(command: Command, args: &[OsString]) -> Option<PathBuf> {
    let matches = command.ignore_errors(true).try_get_matches_from(args).ok()?;
    matches.try_get_one::<PathBuf>(FILE).ok().flatten().cloned()
}

/// A value that stands in the file.
struct Given {
    source: String,
    value: OsString,
}

/// The tables of one file, as they become defaults of flags.
struct Tables<'a> {
    file: &'a Path,
    given: Vec<Given>,
    problems: Vec<Problem>,
}

impl Tables<'_> {
    /// Values outside of tables are for the service itself.
    fn of_program(&mut self, mut command: Command, values: Dict) -> Command {
        for (name, value) in values {
            if let Value::Dict(_, table) = value {
                command = self.of_subcommand(command, &name, &name, table);
            }
        }
        command
    }

    fn of_subcommand(&mut self, command: Command, at: &str, name: &str, table: Dict) -> Command {
        if command.find_subcommand(name).is_none() {
            self.problem(at, "there is no such command");
            return command;
        }
        command.mut_subcommand(name, |command| self.of_command(command, at, table))
    }

    fn of_command(&mut self, mut command: Command, at: &str, table: Dict) -> Command {
        for (name, value) in table {
            let at = format!("{at}.{name}");
            if let Value::Dict(_, table) = value {
                command = self.of_subcommand(command, &at, &name, table);
                continue;
            }
            let named = |flag: &&clap::Arg| flag.get_long() == Some(name.as_str());
            let Some(flag) = command.get_arguments().find(named) else {
                self.problem(&at, "there is no such flag");
                continue;
            };
            let id = flag.get_id().clone();
            let several = matches!(flag.get_action(), ArgAction::Append);
            let Some(values) = texts(value, several) else {
                let kinds = "must be a text, a whole number, true or false";
                let list = if several { ", or a list of such" } else { "" };
                self.problem(&at, format_args!("{kinds}{list}"));
                continue;
            };
            let source = format!("{}, {at}", self.file.display());
            let noted = values.iter().cloned();
            self.given.extend(noted.map(|value| Given { source: source.clone(), value }));
            command = command.mut_arg(id, |flag| {
                // What the file says is not for the help: it may be a secret.
                let hidden = flag.get_action().takes_values();
                flag.required(false).hide_default_value(hidden).default_values(values)
            });
        }
        command
    }

    fn problem(&mut self, at: &str, text: impl Display) {
        let source = format!("{}, {at}", self.file.display());
        self.problems.push(Problem { source, text: text.to_string() });
    }
}

/// The texts of a value, as a command line would have them.
fn texts(value: Value, several: bool) -> Option<Vec<OsString>> {
    match value {
        Value::Array(_, values) if several => {
            values.into_iter().map(|value| scalar(value).map(OsString::from)).collect()
        }
        value => scalar(value).map(|text| vec![text.into()]),
    }
}

/// The flags, below this command, that no variable `PALISADE_…` sets or that the
/// help does not explain: for the tests of each program. Hidden ones are names
/// that other programs gave.
pub fn unexplained(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter(|flag| flag.get_long().is_some());
    let wanting = own.filter(|flag| {
        let variable = flag.get_env().and_then(|name| name.to_str());
        let explained = flag.get_help().is_some();
        let ours = variable.is_some_and(|name| name.starts_with("PALISADE_"));
        !(flag.is_hide_set() || explained && ours)
    });
    let named = wanting.map(|flag| format!("{} --{}", command.get_name(), flag.get_id()));
    named.chain(command.get_subcommands().flat_map(unexplained)).collect()
}

/// The error, with the place in the file that it comes from.
fn sourced(command: &mut Command, error: clap::Error, given: &[Given]) -> clap::Error {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidValue) else {
        return error;
    };
    let of_file = |given: &&Given| given.value.to_string_lossy() == wrong.as_str();
    let Some(given) = given.iter().find(of_file) else { return error };
    let problem = Problem { source: given.source.clone(), text: reason(&error) };
    command.error(ErrorKind::ValueValidation, ConfigError { problems: vec![problem] })
}

/// The error's own words, without the usage that follows them.
fn reason(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use clap::builder::FalseyValueParser;
    use clap::{Args, Subcommand};

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[arg(long, global = true)]
        config: Option<PathBuf>,
        #[command(subcommand)]
        command: Of,
    }

    #[derive(Debug, Subcommand)]
    enum Of {
        Serve,
        Scan(Scan),
        Token {
            #[command(subcommand)]
            command: Token,
            #[arg(long, default_value = "warn", global = true)]
            log: String,
        },
    }

    #[derive(Debug, Subcommand)]
    enum Token {
        Create {
            #[arg(long, default_value_t = 1)]
            uses: u32,
        },
    }

    #[derive(Args, Debug)]
    struct Scan {
        #[arg(long, required = true)]
        out: String,
        #[arg(long, value_delimiter = ',', default_value = "table")]
        format: Vec<String>,
        #[arg(long, value_parser = FalseyValueParser::new())]
        strict: bool,
        #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "strict")]
        lenient: bool,
    }

    const FILE: &str = r#"
        rest-listen = "127.0.0.1:1"
        [scan]
        out = "a"
        format = ["json", "html"]
        strict = true
        [token]
        log = "debug"
        [token.create]
        uses = 3
    "#;

    fn run(file: &str, args: &[&str]) -> Result<Program, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("palisade.toml");
        std::fs::write(&path, file).unwrap();
        let mut all = vec!["program".into(), "--config".into(), path.clone().into_os_string()];
        all.extend(args.iter().map(OsString::from));
        read(all).map_err(|error| {
            error.render().to_string().replace(&path.display().to_string(), "FILE")
        })
    }

    fn scan(file: &str, args: &[&str]) -> Scan {
        match run(file, args).unwrap().command {
            Of::Scan(scan) => scan,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_table_gives_the_flags_of_its_command_and_a_flag_wins() {
        let of_file = scan(FILE, &["scan"]);
        assert_eq!((of_file.out.as_str(), of_file.strict), ("a", true));
        assert_eq!(of_file.format, ["json", "html"]);
        let of_flags = scan(FILE, &["scan", "--out", "b", "--format", "csv"]);
        assert_eq!((of_flags.out.as_str(), of_flags.format), ("b", vec!["csv".to_owned()]));
        let delimited = scan("[scan]\nout = 7\nformat = \"json,html\"\n", &["scan"]);
        assert_eq!((delimited.out.as_str(), delimited.strict), ("7", false));
        assert_eq!(delimited.format, ["json", "html"]);
    }

    #[test]
    fn commands_of_commands_have_tables_in_tables() {
        let Of::Token { command: Token::Create { uses }, log } =
            run(FILE, &["token", "create"]).unwrap().command
        else {
            panic!()
        };
        assert_eq!((uses, log.as_str()), (3, "debug"));
    }

    #[test]
    fn a_file_is_found_behind_the_command_and_is_not_needed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("palisade.toml");
        std::fs::write(&path, FILE).unwrap();
        let args = ["program".into(), "scan".into(), "--config".into(), path.into_os_string()];
        let Of::Scan(scan) = read::<Program>(args.to_vec()).unwrap().command else { panic!() };
        assert_eq!(scan.out, "a");
        let without = read::<Program>(vec!["program".into(), "scan".into()]).unwrap_err();
        assert!(without.to_string().contains("--out"), "{without}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_place() {
        for (file, args, texts) in [
            (
                "[scan]\nuot = 1\n[sacn]\nout = 1\n",
                "scan",
                &["FILE, scan.uot: there is no such flag", "FILE, sacn: there is no such command"]
                    as &[_],
            ),
            (
                "[scan]\nout = 1.5\nformat = [[]]\n",
                "scan",
                &[
                    "FILE, scan.out: must be a text, a whole number, true or false\n",
                    "FILE, scan.format: must be a text, a whole number, true or false, or a list",
                ],
            ),
            (
                "[token.create]\nuses = \"many\"\n",
                "token create",
                &["FILE, token.create.uses: ", "invalid digit"],
            ),
            ("[scan", "serve", &["FILE: "]),
        ] {
            let args: Vec<&str> = args.split(' ').collect();
            let text = run(file, &args).unwrap_err();
            for expected in texts {
                assert!(text.contains(expected), "{expected:?} is not in {text}");
            }
        }
    }
}
