//! Flags over variables over the file, with the source of every value.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format as _, Toml};
use figment::value::Value;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

use super::{ConfigArgs, duration};

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The flag, variable, or file and key.
    pub source: String,
    /// What is wrong.
    pub text: String,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Error)]
pub struct ConfigError {
    /// The problems, at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for problem in &self.problems {
            write!(f, "\n  {}: {}", problem.source, problem.text)?;
        }
        Ok(())
    }
}

struct Given {
    text: String,
    source: String,
}

/// The given values by name, and the problems found so far.
pub(super) struct Layers {
    given: BTreeMap<String, Given>,
    problems: Vec<Problem>,
}

impl Layers {
    pub(super) fn read(args: &ConfigArgs) -> Self {
        let mut layers = Self { given: BTreeMap::new(), problems: Vec::new() };
        if let Some(file) = &args.config {
            layers.file(file, &args.given().map(|(name, _)| name));
        }
        for (name, text) in args.given() {
            let Some(text) = text else { continue };
            let variable = format!("PALISADE_{}", name.to_uppercase().replace('-', "_"));
            let by_variable = std::env::var(&variable).is_ok_and(|value| value == text);
            let source = if by_variable { variable } else { format!("--{name}") };
            layers.given.insert(name.to_owned(), Given { text: text.to_owned(), source });
        }
        layers
    }

    fn file(&mut self, path: &Path, names: &[&str]) {
        let figment = Figment::from(Toml::file_exact(path));
        let values: figment::value::Dict = match figment.extract() {
            Ok(values) => values,
            Err(errors) => {
                for error in errors {
                    self.problem(path.display(), error.kind);
                }
                return;
            }
        };
        for (name, value) in values {
            let source = format!("{}, {name}", path.display());
            if !names.contains(&name.as_str()) {
                self.problem(source, "there is no such setting");
                continue;
            }
            match value {
                Value::String(_, text) => {
                    self.given.insert(name, Given { text, source });
                }
                _ => self.problem(source, "must be a text in quotation marks"),
            }
        }
    }

    pub(super) fn problem(&mut self, source: impl Display, text: impl Display) {
        self.problems.push(Problem { source: source.to_string(), text: text.to_string() });
    }

    /// What `parse` makes of the value, if one is given.
    fn parsed<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let given = self.given.get(name)?;
        let source = given.source.clone();
        match parse(&given.text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(source, error);
                None
            }
        }
    }

    pub(super) fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        self.parsed(name, T::from_str)
    }

    pub(super) fn or<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
        default: impl FnOnce() -> T,
    ) -> T {
        self.optional(name).unwrap_or_else(default)
    }

    pub(super) fn duration(&mut self, name: &str, default: Duration) -> Duration {
        let positive = |text: &str| match duration::parse(text) {
            Ok(Duration::ZERO) => Err("must be longer than nothing".to_owned()),
            other => other.map_err(|e| e.to_string()),
        };
        self.parsed(name, positive).unwrap_or(default)
    }

    pub(super) fn database_url(&mut self, name: &str) -> Option<SecretString> {
        self.parsed(name, |text| {
            // The parser's own message might repeat a password.
            text.parse::<PgConnectOptions>()
                .map(|_| SecretString::from(text))
                .map_err(|_| "not a Postgres URL (postgres://USER:PASSWORD@HOST:PORT/DATABASE)")
        })
    }

    pub(super) fn host_port(&mut self, name: &str) -> Option<String> {
        self.parsed(name, |text| {
            let valid = text.rsplit_once(':').is_some_and(|(host, port)| {
                !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
            });
            if valid { Ok(text.to_owned()) } else { Err("not an address of the form HOST:PORT") }
        })
    }

    pub(super) fn log_filter(&mut self, name: &str, default: &str) -> String {
        self.parsed(name, |text| EnvFilter::try_new(text).map(|_| text.to_owned()))
            .unwrap_or_else(|| default.to_owned())
    }

    /// A secret, which only a variable can give: flags show in process lists.
    pub(super) fn secret(&mut self, variable: &str) -> Option<SecretString> {
        match std::env::var(variable) {
            Ok(text) if text.is_empty() => {
                self.problem(variable, "must not be empty");
                None
            }
            Ok(text) => Some(text.into()),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => {
                self.problem(variable, "must be UTF-8");
                None
            }
        }
    }

    pub(super) fn postgres_fsync(&mut self) -> bool {
        let variable = "PALISADE_POSTGRES_FSYNC";
        match std::env::var(variable).as_deref() {
            Err(_) | Ok("on") => true,
            Ok("off") => false,
            Ok(_) => {
                self.problem(variable, "must be on or off");
                true
            }
        }
    }

    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError { problems: self.problems }) }
    }
}
