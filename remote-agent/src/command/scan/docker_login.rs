//! Who asks at a registry, as `docker login` left it, as `podman login` did where it was told a
//! file, and as GitLab and newer versions of Docker are told by a variable.

use std::collections::BTreeMap;
use std::env::var_os;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_scanner::source::reference::ImageReference;
use palisade_scanner::source::registry::Credentials;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tracing::{debug, warn};

/// Bytes of the file at most.
const FILE_BYTES: u64 = 1 << 20;
/// How long a program that keeps passwords may take, and bytes of its answer at most.
const HELPER: Duration = Duration::from_secs(30);
const ANSWER_BYTES: u64 = 64 << 10;
/// What Docker calls its own registry where it keeps logins.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// What such programs say where they keep nothing.
const KEEPS_NONE: &str = "credentials not found";

/// The logins that are kept; what else stands in the file is skipped.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Logins {
    auths: Option<BTreeMap<String, Login>>,
    cred_helpers: Option<BTreeMap<String, String>>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// What a program that keeps passwords answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    username: String,
    secret: String,
}

/// Where logins are kept.
enum Place {
    /// In a variable, as this content of a file.
    Variable(OsString),
    File(PathBuf),
}

/// The variable whose content is that of a file.
const VARIABLE: &str = "DOCKER_AUTH_CONFIG";

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(_) => f.write_str(VARIABLE),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Who asks for the image; none where nobody logged in at its registry. What everybody may read
/// can be scanned without, and what cannot be used hides nothing that is kept elsewhere.
pub(super) async fn credentials(image: &ImageReference) -> Option<Credentials> {
    for place in places() {
        let found = async {
            match place.read()? {
                Some(logins) => logins.credentials(image).await,
                None => Ok(None),
            }
        };
        match found.await {
            Ok(found) => {
                debug!(%place, found = found.is_some(), "looked for a login");
                if found.is_some() {
                    return found;
                }
            }
            Err(error) => warn!(%place, "a login cannot be used: {error:#}"),
        }
    }
    None
}

/// Where logins may be kept, the first that counts at the front.
fn places() -> impl Iterator<Item = Place> {
    let set = |name: &str| var_os(name).filter(|value| !value.is_empty());
    let in_folder = || {
        let folder = set("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(Path::new(&set("HOME")?).join(".docker")))?;
        Some(folder.join("config.json"))
    };
    // Podman's is of the same form.
    let file = set("REGISTRY_AUTH_FILE").map(PathBuf::from).or_else(in_folder);
    set(VARIABLE).map(Place::Variable).into_iter().chain(file.map(Place::File))
}

impl Place {
    fn read(&self) -> Result<Option<Logins>> {
        match self {
            Self::Variable(content) => parse(content.as_encoded_bytes()).map(Some),
            Self::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<Option<Logins>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut content = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut content)?;
    ensure!(content.len() as u64 <= FILE_BYTES, "the file has more than {FILE_BYTES} bytes");
    parse(&content).map(Some)
}

/// Reads what may hold secrets, which the reader's own words would show.
fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow::anyhow!("line {line}, column {column} is not what is expected")
    })
}

impl Logins {
    async fn credentials(&self, image: &ImageReference) -> Result<Option<Credentials>> {
        let login = self.auths.as_ref().and_then(|all| closest(all, image));
        let named = self.cred_helpers.as_ref().and_then(|all| closest(all, image));
        let server = login.map_or_else(|| host(image), |(server, _)| server);
        let helper = match named {
            Some((server, helper)) => Some((server, helper.as_str())),
            None => self.creds_store.as_deref().map(|store| (server, store)),
        };
        // Where no program is named, the file itself keeps the login.
        if let Some((server, helper)) = helper.filter(|(_, name)| !name.is_empty())
            && let Some(kept) = ask(helper, server).await?
        {
            return Ok(Some(kept));
        }
        let Some((server, login)) = login else { return Ok(None) };
        login.credentials().with_context(|| format!("the login at {server}"))
    }
}

/// What Docker calls the image's registry.
fn host(image: &ImageReference) -> &str {
    if image.is_docker_hub() { DOCKER_HUB } else { &image.host }
}

/// The entry that names the image's registry, or most of its repository.
fn closest<'a, T>(
    all: &'a BTreeMap<String, T>,
    image: &ImageReference,
) -> Option<(&'a str, &'a T)> {
    let fitting = all.iter().filter_map(|(key, value)| Some((fit(key, image)?, key, value)));
    fitting.max_by_key(|(fit, ..)| *fit).map(|(_, key, value)| (key.as_str(), value))
}

/// How much of the repository's name a key holds; none where it is of another one.
fn fit(key: &str, image: &ImageReference) -> Option<usize> {
    let address = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let bare = address.unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    if !image.host_names().any(|name| name.eq_ignore_ascii_case(host)) {
        return None;
    }
    // The path of an address is that of an interface.
    let path = if address.is_some() { "" } else { path.trim_end_matches('/') };
    let below = image.repository.strip_prefix(path)?;
    let fits = path.is_empty() || below.is_empty() || below.starts_with('/');
    fits.then_some(path.len())
}

impl Login {
    fn credentials(&self) -> Result<Option<Credentials>> {
        if let Some(token) = told(self.registrytoken.as_ref()) {
            return Ok(Some(credentials_of(Credentials::BEARER, token.to_owned())));
        }
        if let Some(token) = told(self.identitytoken.as_ref()) {
            return Ok(Some(credentials_of("<token>", token.to_owned())));
        }
        if let Some(auth) = told(self.auth.as_ref()) {
            let pair = STANDARD.decode(auth.trim()).ok().and_then(|p| String::from_utf8(p).ok());
            let pair = pair.context("is not encoded as it should be")?;
            let (username, password) = pair.split_once(':').context("holds no password")?;
            let password = password.trim_end_matches('\0').to_owned();
            return Ok((!username.is_empty()).then(|| credentials_of(username, password)));
        }
        let Some(username) = told(self.username.as_ref()) else { return Ok(None) };
        Ok(Some(credentials_of(username, self.password.clone().unwrap_or_default())))
    }
}

fn told(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

fn credentials_of(username: &str, password: String) -> Credentials {
    Credentials { username: username.to_owned(), password: SecretString::from(password) }
}

/// Asks the program `docker-credential-HELPER` who asks at `server`.
async fn ask(helper: &str, server: &str) -> Result<Option<Credentials>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    ensure!(helper.bytes().all(is_name), "{helper:?} is no name of a program");
    let program = format!("docker-credential-{helper}");
    let answer = tokio::time::timeout(HELPER, output(&program, server)).await;
    let (status, answer) = answer
        .with_context(|| format!("{program} did not answer within {} s", HELPER.as_secs()))?
        .with_context(|| format!("{program} cannot be asked"))?;
    if status.success() {
        let kept: Kept = parse(&answer).with_context(|| format!("{program} answers"))?;
        let is_somebody = !kept.username.is_empty();
        return Ok(is_somebody.then(|| credentials_of(&kept.username, kept.secret)));
    }
    if String::from_utf8_lossy(&answer).contains(KEEPS_NONE) {
        return Ok(None);
    }
    bail!("{program} ends with {status}")
}

/// How the program ends, and what it answers.
async fn output(program: &str, server: &str) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that reads nothing answers all the same.
        drop(stdin.write_all(format!("{server}\n").as_bytes()).await);
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        // Closed behind that: one that says more ends by it.
        stdout.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
    }
    Ok((child.wait().await?, answer))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;

    fn image(name: &str) -> ImageReference {
        ImageReference::parse(name).unwrap()
    }

    fn auth(pair: &str) -> serde_json::Value {
        json!({"auth": STANDARD.encode(pair)})
    }

    async fn found(logins: &serde_json::Value, name: &str) -> Result<Option<(String, String)>> {
        let logins: Logins = parse(logins.to_string().as_bytes())?;
        let found = logins.credentials(&image(name)).await?;
        Ok(found.map(|found| (found.username, found.password.expose_secret().to_owned())))
    }

    #[tokio::test]
    async fn logins_are_found_by_registry() {
        let logins = json!({"credsStore": "", "HttpHeaders": {"x": 1}, "auths": {
            "https://index.docker.io/v1/": auth("hub:1"),
            "registry.example": auth("me:2:3"),
            "https://old.example/v1/": auth("old:4"),
            "127.0.0.1:5000": {"username": "plain", "password": "5"},
            "azure.example": {"auth": STANDARD.encode("00000000-0000-0000-0000-000000000000:"),
                "identitytoken": "refresh"},
            "quay.example": auth("all:6"),
            "quay.example/shop": auth("shop:7"),
            "only.example/shop": auth("shop:8"),
            "empty.example": {},
            "token.example": {"registrytoken": "bearer", "auth": STANDARD.encode("me:9")},
        }});
        for (name, expected) in [
            ("alpine", Some(("hub", "1"))),
            ("docker.io/shop/orders", Some(("hub", "1"))),
            ("registry.example/shop/orders:v1", Some(("me", "2:3"))),
            ("old.example/orders", Some(("old", "4"))),
            ("127.0.0.1:5000/orders", Some(("plain", "5"))),
            ("azure.example/orders", Some(("<token>", "refresh"))),
            ("quay.example/shop/orders", Some(("shop", "7"))),
            ("quay.example/shop", Some(("shop", "7"))),
            ("quay.example/shopping", Some(("all", "6"))),
            ("only.example/other", None),
            ("empty.example/orders", None),
            ("token.example/orders", Some((Credentials::BEARER, "bearer"))),
            ("registry.example:443/orders", None),
            ("example/orders", Some(("hub", "1"))),
        ] {
            let expected =
                expected.map(|(name, word): (&str, &str)| (name.to_owned(), word.to_owned()));
            assert_eq!(found(&logins, name).await.unwrap(), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn an_entry_without_a_program_leaves_the_login_to_the_file() {
        let logins = json!({"credsStore": "there-is-none", "credHelpers": {"a.example": ""},
            "auths": {"a.example": auth("me:1")}});
        let expected = Some(("me".to_owned(), "1".to_owned()));
        assert_eq!(found(&logins, "a.example/b").await.unwrap(), expected);
        assert!(found(&logins, "b.example/b").await.is_err());
    }

    #[tokio::test]
    async fn an_answer_without_end_is_not_read_to_it() {
        let (status, answer) = output("yes", "a.example").await.unwrap();
        assert_eq!(answer.len() as u64, ANSWER_BYTES);
        assert!(!status.success(), "{status}");
    }

    #[tokio::test]
    async fn what_cannot_be_used_says_why_and_no_secret() {
        let of = |login: serde_json::Value| json!({"auths": {"a.example": login}});
        for logins in [
            of(json!({"auth": "c2VjcmV0"})),
            of(json!({"auth": "secret!"})),
            of(json!("secret")),
            json!({"auths": "secret"}),
            json!({"credHelpers": {"a.example": "../secret"}}),
            json!({"credsStore": "there-is-none"}),
        ] {
            let error = format!("{:#}", found(&logins, "a.example/b").await.unwrap_err());
            assert!(!error.contains("secret") || error.contains("../secret"), "{error}");
        }
        // Others are not concerned.
        let others = of(json!({"auth": "secret!"}));
        assert_eq!(found(&others, "b.example/b").await.unwrap(), None);
    }
}
