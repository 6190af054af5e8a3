//! Secrets that lie in an image: keys, tokens, passwords.
//!
//! A text is first asked for the words that come with any kind of secret, so
//! that most files cost one pass. [`kind`] has the kinds, [`context`] the rules
//! that keep what only looks like a secret out. The secret itself is never
//! kept: [`Secret::evidence`] shows its beginning.

mod context;
mod kind;
mod store;

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{Entry, Facts, encoding};
use kind::{KINDS, Kind};

/// Where secrets lie that stand in no file.
pub(crate) const ENVIRONMENT: &str = "$EnvVariables";
pub(crate) const HISTORY: &str = "$History";
/// Bytes of a text that is searched, and of one that holds settings.
const TEXT: u64 = 64 << 10;
pub(super) const SETTINGS: u64 = 1 << 20;
/// Secrets of one file that are told.
const MOST: usize = 100;

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// What it is, for example `AWS.Manager.ID`.
    pub kind: String,
    /// Its beginning.
    pub evidence: String,
    /// What to do about it.
    pub suggestion: String,
}

struct Search {
    words: AhoCorasick,
    /// For each word, the kinds that it belongs to.
    owners: Vec<Vec<usize>>,
    /// Of each kind, compiled when its words are first found: all of them take more
    /// memory than an image's layers, and an image has few.
    patterns: Vec<OnceLock<Option<Regex>>>,
}

static SEARCH: LazyLock<Option<Search>> = LazyLock::new(Search::new);

impl Search {
    fn new() -> Option<Self> {
        let mut words: Vec<&str> = Vec::new();
        let mut owners: Vec<Vec<usize>> = Vec::new();
        for (at, kind) in KINDS.iter().enumerate() {
            for word in kind.words {
                if let Some(known) = words.iter().position(|known| known == word) {
                    owners.get_mut(known)?.push(at);
                } else {
                    words.push(word);
                    owners.push(vec![at]);
                }
            }
        }
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            // Some hundred kilobytes more than the default, and twice as fast.
            .kind(Some(AhoCorasickKind::DFA))
            .build(words)
            .ok()?;
        let patterns = KINDS.iter().map(|_| OnceLock::new()).collect();
        Some(Self { words, owners, patterns })
    }

    /// What secrets of the kind at `at` look like.
    fn pattern(&self, at: usize) -> Option<&Regex> {
        // Classes of bytes take a tenth of the memory that those of characters take.
        let compile = || RegexBuilder::new(KINDS.get(at)?.pattern).unicode(false).build().ok();
        self.patterns.get(at)?.get_or_init(compile).as_ref()
    }

    /// The kinds whose words the text has.
    fn candidates(&self, text: &[u8]) -> Vec<usize> {
        let mut found = vec![false; KINDS.len()];
        for hit in self.words.find_overlapping_iter(text) {
            for at in self.owners.get(hit.pattern().as_usize()).into_iter().flatten() {
                if let Some(one) = found.get_mut(*at) {
                    *one = true;
                }
            }
        }
        (0..found.len()).filter(|at| found.get(*at) == Some(&true)).collect()
    }
}

/// Whether the file is searched, by its name and size.
pub(super) fn wants(entry: &Entry<'_>) -> bool {
    let most = if context::holds_settings(entry.path) { SETTINGS } else { TEXT };
    entry.size > 0 && entry.size <= most && !context::is_passed_over(entry.path)
}

/// Whether the file holds settings of the image, and is too long to be searched.
pub(super) fn is_too_long(entry: &Entry<'_>) -> bool {
    entry.size > SETTINGS && context::holds_own_settings(entry.path)
}

/// Searches a file.
pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) {
    if let Some(secret) = store::key_store(entry, bytes) {
        facts.secrets.push(secret);
        return;
    }
    let text = encoding::narrow(bytes);
    if !text.contains(&0) {
        facts.secrets.extend(search(entry.path, &text));
    }
}

/// Searches a text that lies at `path`, or that comes from the configuration
/// of the image.
pub fn search(path: &str, text: &[u8]) -> Vec<Secret> {
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut found = Vec::new();
    for (kind, place) in hits(at(path), text) {
        let secret = text.get(place).unwrap_or_default();
        if seen.contains(&secret) {
            continue;
        }
        if found.len() >= MOST {
            break;
        }
        seen.push(secret);
        found.push(told(kind, secret));
    }
    found
}

/// Whether a secret stands in an environment variable, `name=value`.
pub fn is_in_variable(variable: &str) -> bool {
    hits(at(ENVIRONMENT), variable.as_bytes()).next().is_some()
}

/// The text with what is shown of its secrets in their place.
pub(crate) fn cloaked_in(path: &str, text: &str) -> String {
    // Patterns see bytes, and may end within a character.
    let whole = |at: Range<usize>| {
        let start = (0..=at.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        start..(at.end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
    };
    let mut places: Vec<_> = hits(at(path), text.as_bytes()).map(|(_, at)| whole(at)).collect();
    places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        if place.start >= end {
            shown.push_str(text.get(end..place.start).unwrap_or_default());
            shown.push_str(&cloaked(text.get(place.clone()).unwrap_or_default().as_bytes()));
        }
        // One may stand in another, or begin in it and end behind it.
        end = end.max(place.end);
    }
    shown.push_str(text.get(end..).unwrap_or_default());
    shown
}

/// Which kinds may lie at `path`.
fn at(path: &str) -> impl Fn(&Kind) -> bool {
    move |kind| context::may_hold(path, kind)
}

/// What is found in a file whose path shows later.
#[derive(Clone, Debug, Default)]
pub(super) struct Unplaced {
    size: u64,
    /// Each with its number: one secret may look like several kinds.
    found: Vec<(usize, &'static Kind, Secret)>,
}

impl Unplaced {
    /// Searches the text for secrets of every kind.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut found = Vec::new();
        for (kind, place) in hits(|_| true, text).take(MOST) {
            let secret = text.get(place).unwrap_or_default();
            let number = seen.iter().position(|known| *known == secret).unwrap_or_else(|| {
                seen.push(secret);
                seen.len() - 1
            });
            found.push((number, kind, told(kind, secret)));
        }
        Self { size: text.len() as u64, found }
    }

    /// What of it counts in a file at `path`.
    pub(super) fn at(&self, path: &str) -> Vec<Secret> {
        if self.found.is_empty() || !wants(&Entry { path, size: self.size, mode: 0 }) {
            return Vec::new();
        }
        let mut counted = Vec::new();
        let fitting = self.found.iter().filter(|(_, kind, _)| context::may_hold(path, kind));
        let first = fitting.filter(|(number, ..)| {
            let is_first = !counted.contains(number);
            counted.push(*number);
            is_first
        });
        first.map(|(.., secret)| secret.clone()).collect()
    }

    /// Number of secrets.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }
}

/// Where secrets stand in a text, each kind's in a row.
fn hits<'a>(
    allows: impl Fn(&Kind) -> bool + 'a,
    text: &'a [u8],
) -> impl Iterator<Item = (&'static Kind, Range<usize>)> + 'a {
    let candidates = SEARCH.iter().flat_map(|search| {
        search.candidates(text).into_iter().map(move |at| (KINDS.get(at), at, search))
    });
    candidates
        .filter_map(move |(kind, at, search)| {
            let kind: &'static Kind = kind?;
            if allows(kind) { Some((kind, search.pattern(at)?)) } else { None }
        })
        .flat_map(move |(kind, pattern)| {
            pattern.captures_iter(text).filter_map(move |captures| {
                let whole = captures.get(0)?;
                let before = text.get(..whole.start()).unwrap_or_default();
                if kind.is_vague && context::is_comment(before) {
                    return None;
                }
                let secret = captures.iter().skip(1).flatten().next().unwrap_or(whole);
                let is_secret = !context::is_placeholder(secret.as_bytes(), kind);
                is_secret.then(|| (kind, secret.range()))
            })
        })
}

fn told(kind: &Kind, secret: &[u8]) -> Secret {
    Secret {
        kind: kind.name.to_owned(),
        evidence: cloaked(secret),
        suggestion: kind.suggestion().to_owned(),
    }
}

/// The beginning of a secret: a quarter of it at most. The first line of a key
/// tells nothing.
fn cloaked(secret: &[u8]) -> String {
    let text = String::from_utf8_lossy(secret);
    if let Some(rest) = text.strip_prefix("-----BEGIN ") {
        // In JSON no end of a line parts it from the key.
        let what = rest.split("-----").next().unwrap_or_default();
        return format!("-----BEGIN {what}-----");
    }
    let shown = (text.chars().count() / 4).min(8);
    let beginning: String = text.chars().take(shown).filter(|c| !c.is_control()).collect();
    format!("{beginning}...")
}

#[cfg(test)]
mod tests;
