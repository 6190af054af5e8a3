//! What a registry asks for before it answers.

use http::{HeaderMap, header};

/// What a registry wants to see.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Name and password.
    Basic,
    /// A token that is to be fetched at the realm.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

const SPACES: [char; 2] = [' ', '\t'];
const SEPARATORS: [char; 3] = [',', ' ', '\t'];

/// What stands behind a scheme.
#[derive(Default)]
struct Parameters {
    realm: Option<String>,
    service: Option<String>,
    scope: Option<String>,
}

impl Parameters {
    fn set(&mut self, key: &str, value: String) {
        match key.to_ascii_lowercase().as_str() {
            "realm" => self.realm = Some(value),
            "service" => self.service = Some(value),
            "scope" => self.scope = Some(value),
            _ => {}
        }
    }
}

impl Challenge {
    /// Reads all challenges of an answer that can be met. Tokens come first: registries that
    /// offer both may refuse a password where an image is read.
    pub(super) fn read(headers: &HeaderMap) -> Vec<Self> {
        let texts = headers.get_all(header::WWW_AUTHENTICATE).iter();
        let mut all: Vec<Self> =
            texts.filter_map(|text| text.to_str().ok()).flat_map(Self::parse).collect();
        all.sort_by_key(|challenge| matches!(challenge, Self::Basic));
        all
    }

    /// The challenges of one header: proxies put those of several into one, where a comma parts
    /// challenges as it parts their parameters. A word is a parameter where `=` follows.
    fn parse(text: &str) -> Vec<Self> {
        let mut schemes: Vec<(&str, Parameters)> = Vec::new();
        let mut rest = text.trim_start_matches(SEPARATORS);
        while !rest.is_empty() {
            let ends =
                rest.find(|c: char| c == '=' || SEPARATORS.contains(&c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(ends);
            rest = if let Some(text) = after.trim_start_matches(SPACES).strip_prefix('=') {
                let (value, after) = value(text.trim_start_matches(SPACES));
                if let Some((_, parameters)) = schemes.last_mut() {
                    parameters.set(word, value);
                }
                after
            } else {
                schemes.push((word, Parameters::default()));
                after
            };
            rest = rest.trim_start_matches(SEPARATORS);
        }
        schemes.into_iter().filter_map(|(scheme, told)| Self::of(scheme, told)).collect()
    }

    fn of(scheme: &str, told: Parameters) -> Option<Self> {
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        let Parameters { realm, service, scope } = told;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        realm.filter(|_| is_bearer).map(|realm| Self::Bearer { realm, service, scope })
    }
}

/// The value of a parameter, and what follows it: a word, or a text in quotes, in which a
/// backslash stands before what is meant as it is.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, after) = text.split_at(text.find(SEPARATORS).unwrap_or(text.len()));
        return (word.to_owned(), after);
    };
    let mut value = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => value.extend(rest.next()),
            c => value.push(c),
        }
    }
    (value, rest.as_str())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Challenge::Bearer { realm: realm.to_owned(), service: owned(service), scope: owned(scope) }
    }

    #[test]
    fn challenges() {
        let token = || bearer("https://auth/token", Some("reg"), None);
        let scoped = |scope| bearer("https://auth/token", Some("reg"), Some(scope));
        for (text, expected) in [
            ("Basic realm=\"x\"", vec![Challenge::Basic]),
            ("Basic", vec![Challenge::Basic]),
            (
                "Bearer realm=\"https://auth/token\",service=\"reg\",scope=\"repository:a/b:pull,push\"",
                vec![scoped("repository:a/b:pull,push")],
            ),
            (
                "bearer realm=https://auth/token, service=reg, scope=repository:a/b:pull",
                vec![scoped("repository:a/b:pull")],
            ),
            ("Bearer\trealm = \"https://auth/token\" , service = \"reg\"", vec![token()]),
            ("Bearer realm=\"https://auth/token\" service=\"reg\"", vec![token()]),
            ("BEARER error=\"x\", Realm=\"https://auth/token\",SERVICE=\"reg\"", vec![token()]),
            (
                "Basic realm=\"x\", Bearer realm=\"https://auth/token\",service=\"reg\"",
                vec![Challenge::Basic, token()],
            ),
            (
                "Bearer realm=\"https://auth/token\",service=\"reg\", Basic realm=\"y\"",
                vec![token(), Challenge::Basic],
            ),
            (
                "Negotiate, NTLM YII==, Bearer realm=\"https://auth/token\",service=\"reg\"",
                vec![token()],
            ),
            (
                r#"Bearer realm="https://auth/token",service="the \"reg\", Basic""#,
                vec![bearer("https://auth/token", Some("the \"reg\", Basic"), None)],
            ),
            ("Bearer service=\"x\"", vec![]),
            ("Negotiate", vec![]),
            ("realm=\"x\"", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(Challenge::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn headers_one_after_the_other() {
        let expected = [bearer("https://auth/token", None, None), Challenge::Basic];
        let mut texts = ["Basic realm=\"x\"", "Bearer realm=\"https://auth/token\""];
        for _ in 0..2 {
            let mut headers = HeaderMap::new();
            for text in texts {
                headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(text));
            }
            assert_eq!(Challenge::read(&headers), expected);
            texts.reverse();
        }
    }

    proptest! {
        #[test]
        fn nonsense_does_no_harm(text in "[ \t,=\"\\\\aé]{0,40}") {
            prop_assert!(Challenge::parse(&text).is_empty());
        }
    }
}
