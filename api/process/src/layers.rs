//! Flags over variables over the file, with the source of every value.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::Figment;
use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Value};
use secrecy::SecretString;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

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

/// A certificate chain and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The file with the certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// The file with the private key.
    pub key: PathBuf,
}

#[derive(Debug)]
struct Given {
    text: String,
    source: String,
}

/// What a TOML file holds.
pub(crate) fn toml(path: &Path) -> Result<Dict, Vec<Problem>> {
    let problem = |error: figment::Error| Problem {
        source: path.display().to_string(),
        text: error.kind.to_string(),
    };
    let figment = Figment::from(Toml::file_exact(path));
    figment.extract().map_err(|errors| errors.into_iter().map(problem).collect())
}

/// A value as a flag would have it: numbers and truths may stand without
/// quotation marks.
pub(crate) fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text),
        Value::Bool(_, truth) => Some(truth.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| number.to_u128().map(|number| number.to_string())),
        _ => None,
    }
}

/// The given values by name, and the problems found so far.
#[derive(Debug)]
pub struct Layers {
    given: BTreeMap<String, Given>,
    problems: Vec<Problem>,
}

impl Layers {
    /// Takes the settings of `args`, by name, as a flag or a variable gave
    /// them, over those of the TOML file, which holds no others.
    pub fn read(file: Option<&Path>, args: &[(&'static str, Option<&str>)]) -> Self {
        let mut layers = Self { given: BTreeMap::new(), problems: Vec::new() };
        if let Some(file) = file {
            let names: Vec<&str> = args.iter().map(|(name, _)| *name).collect();
            layers.file(file, &names);
        }
        for (name, text) in args {
            let Some(text) = *text else { continue };
            let variable = format!("PALISADE_{}", name.to_uppercase().replace('-', "_"));
            let by_variable = std::env::var(&variable).is_ok_and(|value| value == text);
            let source = if by_variable { variable } else { format!("--{name}") };
            layers.given.insert((*name).to_owned(), Given { text: text.to_owned(), source });
        }
        layers
    }

    fn file(&mut self, path: &Path, names: &[&str]) {
        let values = match toml(path) {
            Ok(values) => values,
            Err(problems) => {
                self.problems.extend(problems);
                return;
            }
        };
        for (name, value) in values {
            // Tables are for commands: see `command_line`, which has looked at them.
            if matches!(value, Value::Dict(..)) {
                continue;
            }
            let source = format!("{}, {name}", path.display());
            if !names.contains(&name.as_str()) {
                self.problem(source, "there is no such setting");
                continue;
            }
            match scalar(value) {
                Some(text) => {
                    self.given.insert(name, Given { text, source });
                }
                None => self.problem(source, "must be a text, a whole number, true or false"),
            }
        }
    }

    /// Notes what is wrong with the setting of `source`.
    pub fn problem(&mut self, source: impl Display, text: impl Display) {
        self.problems.push(Problem { source: source.to_string(), text: text.to_string() });
    }

    /// What `parse` makes of the value, if one is given.
    pub fn parsed<T, E: Display>(
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

    /// Whether the setting is given.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The value, if one is given.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        self.parsed(name, T::from_str)
    }

    /// The value, or the default.
    pub fn or<T: FromStr<Err: Display>>(&mut self, name: &str, default: impl FnOnce() -> T) -> T {
        self.optional(name).unwrap_or_else(default)
    }

    /// An address HOST:PORT, if one is given.
    pub fn host_port(&mut self, name: &str) -> Option<String> {
        self.parsed(name, host_port)
    }

    /// The files of `tls-certificate` and `tls-key`, of which both or neither are
    /// given.
    pub fn tls_files(&mut self) -> Option<TlsFiles> {
        match (self.optional("tls-certificate"), self.optional("tls-key")) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => {
                self.problem("tls-certificate and tls-key", "give both or neither");
                None
            }
        }
    }

    /// A level of the log or directives.
    pub fn log_filter(&mut self, name: &str, default: &str) -> String {
        self.parsed(name, |text| EnvFilter::try_new(text).map(|_| text.to_owned()))
            .unwrap_or_else(|| default.to_owned())
    }

    /// A secret, which only a variable can give: flags show in process lists.
    pub fn secret(&mut self, variable: &str) -> Option<SecretString> {
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

    /// Ends with all problems that were found.
    pub fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError { problems: self.problems }) }
    }
}

/// A text of the form HOST:PORT. An IPv6 address gets the brackets that it lacks where
/// only one reading is possible: Kubernetes writes `$(POD_IP):11443` without.
fn host_port(text: &str) -> Result<String, &'static str> {
    const WRONG: &str =
        "not an address of the form HOST:PORT, or [ADDRESS]:PORT of an IPv6 address";
    let is_v6 = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    let (host, port) = text.rsplit_once(':').ok_or(WRONG)?;
    if host.is_empty() || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(WRONG);
    }
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bracketed {
        None if !host.contains([':', '[', ']']) => Ok(text.to_owned()),
        Some(host) if is_v6(host) => Ok(text.to_owned()),
        None if is_v6(host) && !is_v6(text) => Ok(format!("[{host}]:{port}")),
        _ => Err(WRONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_pod_needs_no_brackets_where_it_can_be_read_in_one_way() {
        for (text, read) in [
            ("hub.example:11443", Some("hub.example:11443")),
            ("10.0.0.7:11443", Some("10.0.0.7:11443")),
            ("[fd00:10:244::5]:11443", Some("[fd00:10:244::5]:11443")),
            ("fd00:10:244::5:11443", Some("[fd00:10:244::5]:11443")),
            ("::1:11443", Some("[::1]:11443")),
            ("1:2:3:4:5:6:7:8:443", Some("[1:2:3:4:5:6:7:8]:443")),
            // An address as a whole, or an address and a port.
            ("fd00::5:8443", None),
            ("fd00::5", None),
            ("[fd00::5]", None),
            ("[hub]:11443", None),
            ("a:b:11443", None),
            ("hub", None),
            (":11443", None),
            ("hub:0", None),
            ("hub:65536", None),
        ] {
            assert_eq!(host_port(text).ok().as_deref(), read, "{text}");
        }
    }
}
