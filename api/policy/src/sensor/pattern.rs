//! Patterns of the rules of sensors.

use palisade_api::rest::sensor::SensorPattern;
use serde::{Deserialize, Serialize};

use crate::error::shorten;

/// The only key there is.
const KEY: &str = "pattern";
/// Patterns of one rule.
const MAX_PATTERNS: usize = 16;
const MAX_VALUE_BYTES: usize = 512;
/// Bytes of all patterns of one rule.
const MAX_TOTAL_BYTES: usize = 1_024;
/// Bytes of one compiled expression.
const MAX_COMPILED_BYTES: usize = 4 << 20;

/// Whether the expression must match, or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PatternOperator {
    /// It matches somewhere.
    #[serde(rename = "regex")]
    Regex,
    /// It matches nowhere.
    #[serde(rename = "!regex")]
    NotRegex,
}

/// Where the expression is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Context {
    /// As `body`.
    #[default]
    #[serde(rename = "")]
    Unsaid,
    /// In the URL of a request.
    #[serde(rename = "url")]
    Url,
    /// In the header.
    #[serde(rename = "header")]
    Header,
    /// In the body.
    #[serde(rename = "body")]
    Body,
    /// Anywhere in the packets.
    #[serde(rename = "packet")]
    Packet,
}

/// One pattern of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// Whether it must match.
    pub op: PatternOperator,
    /// An expression in the syntax of PCRE, look-around and back-references
    /// included.
    pub value: String,
    /// Where it is looked for.
    #[serde(default)]
    pub context: Context,
}

impl PatternOperator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Regex => "regex",
            Self::NotRegex => "!regex",
        }
    }
}

impl Context {
    const ALL: [Self; 5] = [Self::Unsaid, Self::Url, Self::Header, Self::Body, Self::Packet];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Url => "url",
            Self::Header => "header",
            Self::Body => "body",
            Self::Packet => "packet",
        }
    }

    /// What clients are shown: they read it without asking whether it is there.
    fn shown(self) -> &'static str {
        if self == Self::Unsaid { Self::Body.as_str() } else { self.as_str() }
    }
}

impl Pattern {
    /// The pattern as clients know it.
    pub fn to_rest(&self) -> SensorPattern {
        SensorPattern {
            key: KEY.to_owned(),
            value: self.value.clone(),
            op: self.op.as_str().to_owned(),
            context: self.context.shown().to_owned(),
        }
    }
}

/// Checks the patterns of a rule; the error says what is wrong.
pub(super) fn parse(given: Vec<SensorPattern>) -> Result<Vec<Pattern>, String> {
    if given.is_empty() || given.len() > MAX_PATTERNS {
        return Err(format!("a rule needs 1 to {MAX_PATTERNS} patterns"));
    }
    if given.iter().map(|pattern| pattern.value.len()).sum::<usize>() > MAX_TOTAL_BYTES {
        return Err(format!("its patterns are longer than {MAX_TOTAL_BYTES} bytes together"));
    }
    given.into_iter().map(parse_one).collect()
}

fn parse_one(given: SensorPattern) -> Result<Pattern, String> {
    if !given.key.is_empty() && given.key != KEY {
        return Err(format!("the key of a pattern is {KEY:?}"));
    }
    let op = [PatternOperator::Regex, PatternOperator::NotRegex]
        .into_iter()
        .find(|op| op.as_str() == given.op)
        .ok_or("the operator of a pattern is regex or !regex")?;
    let context = Context::ALL
        .into_iter()
        .find(|context| context.as_str() == given.context)
        .ok_or("the context of a pattern is url, header, body or packet")?;
    let value = given.value;
    let shown = shorten(&value);
    if value.is_empty() || value.len() > MAX_VALUE_BYTES {
        return Err(format!("a pattern has 1 to {MAX_VALUE_BYTES} bytes, not {}", value.len()));
    }
    // Dots and a star: it matches whatever comes.
    if value.strip_suffix('*').is_some_and(|dots| dots.chars().all(|c| c == '.')) {
        return Err(format!("the pattern {shown:?} matches everything"));
    }
    fancy_regex::RegexBuilder::new(&value)
        .delegate_size_limit(MAX_COMPILED_BYTES)
        .delegate_dfa_size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| format!("the pattern {shown:?} is no expression: {error}"))?;
    Ok(Pattern { op, value, context })
}
