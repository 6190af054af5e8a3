//! How a registry is reached, and who asks.

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use url::Url;

use super::error::RegistryError;
use super::patience::Patience;

/// Name and password of a user of a registry.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user. For `<token>` and for the user of zeros that Azure has for
    /// tokens, the password is a refresh token; for [`Credentials::BEARER`] one that plain
    /// registries take as it is.
    pub username: String,
    /// The password or token.
    pub password: SecretString,
}

impl Credentials {
    /// Stands for the user where a token has none.
    pub const BEARER: &str = "<bearer>";
}

/// How a registry is reached.
#[derive(Clone, Debug)]
pub struct RegistryAccess {
    /// Its base URL; `http://` is spoken plainly when it says so.
    pub url: Url,
    /// Who asks; none for what everybody may read.
    pub credentials: Option<Credentials>,
    /// Authorities to trust besides the system's, DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Whether to connect without the proxy that the environment names.
    pub ignore_proxy: bool,
    /// A proxy in place of the environment's; may hold a name and password.
    pub proxy: Option<Url>,
    /// Whether layers that the registry does not hold are fetched from where
    /// their manifest says. Images can so make this machine send requests.
    pub foreign_layers: bool,
    /// How long it is waited for.
    pub patience: Patience,
}

impl RegistryAccess {
    /// Access to the registry at `url`, which may lack scheme and slash, and
    /// may name the interface, as in `https://registry.example/v2/`.
    pub fn new(url: &str) -> Result<Self, RegistryError> {
        let bad = |reason: &str| RegistryError::Address {
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        let full = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
        let mut parsed = Url::parse(&full).map_err(|error| bad(&error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad("it must start with https:// or http://"));
        }
        if parsed.host().is_none() {
            return Err(bad("it names no host"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(RegistryError::Address {
                url: parsed.host_str().unwrap_or_default().to_owned(),
                reason: "credentials do not belong into the address".to_owned(),
            });
        }
        parsed.set_query(None);
        parsed.set_fragment(None);
        let path = parsed.path().trim_end_matches('/');
        // Where the interface begins is not part of the address, though many
        // write it so; Docker keeps its Hub as `https://index.docker.io/v1/`.
        let path = ["/v1", "/v2"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
        let path = format!("{path}/");
        parsed.set_path(&path);
        Ok(Self {
            url: parsed,
            credentials: None,
            extra_roots: Vec::new(),
            ignore_proxy: false,
            proxy: None,
            foreign_layers: false,
            patience: Patience::default(),
        })
    }

    /// The same access with credentials.
    #[must_use]
    pub fn with_credentials(mut self, username: &str, password: SecretString) -> Self {
        if !username.is_empty() {
            self.credentials = Some(Credentials { username: username.to_owned(), password });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_stands_before_the_interface() {
        for (given, expected) in [
            ("registry.example:5000", "https://registry.example:5000/"),
            ("HTTP://Registry.Example", "http://registry.example/"),
            ("https://registry.example/v2/", "https://registry.example/"),
            ("https://registry.example/v2", "https://registry.example/"),
            ("https://registry.example//", "https://registry.example/"),
            ("https://index.docker.io/v1/", "https://index.docker.io/"),
            (
                "https://company.example/api/docker/shop/v2/",
                "https://company.example/api/docker/shop/",
            ),
            ("https://company.example/docker-v2", "https://company.example/docker-v2/"),
            ("https://registry.example/?a=b#c", "https://registry.example/"),
        ] {
            assert_eq!(RegistryAccess::new(given).unwrap().url.as_str(), expected, "{given}");
        }
        for given in ["", "ftp://registry.example", "https://me:secret@registry.example"] {
            let error = RegistryAccess::new(given).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
