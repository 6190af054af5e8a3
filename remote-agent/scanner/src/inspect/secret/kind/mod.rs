//! The kinds of secrets.

mod key;
mod password;
mod service;
mod token;

use std::sync::LazyLock;

/// One kind.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name in reports. Those that clients know have the names they know.
    pub(super) name: &'static str,
    /// Texts without any of these words do not hold one. Lower case.
    pub(super) words: &'static [&'static str],
    /// The first group is the secret, or the whole.
    pub(super) pattern: &'static str,
    /// Bits of a character at least.
    pub(super) entropy: f64,
    /// Whether the pattern alone says little, so that the place must fit.
    pub(super) is_vague: bool,
}

impl Kind {
    pub(super) fn suggestion(&self) -> &'static str {
        if self.name.contains("Private") {
            "Keep private keys out of images: mount them when the container starts, and replace \
             this one"
        } else {
            "Keep it out of images: pass it when the container starts, and replace this one"
        }
    }
}

const fn exact(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    entropy: f64,
) -> Kind {
    Kind { name, words, pattern, entropy, is_vague: false }
}

const fn vague(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    entropy: f64,
) -> Kind {
    Kind { name, words, pattern, entropy, is_vague: true }
}

/// All of them.
pub(super) static KINDS: LazyLock<Vec<&'static Kind>> = LazyLock::new(|| {
    [key::KINDS, token::KINDS, service::KINDS, password::KINDS].into_iter().flatten().collect()
});
