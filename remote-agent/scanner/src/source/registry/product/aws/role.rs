//! The role of the machine that this runs on, as Amazon's machines are told
//! it (the second version of that service, which wants a session).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::super::{at, encoded};
use super::sign::Key;
use crate::source::registry::access::RegistryAccess;
use crate::source::registry::auth::sensitive;
use crate::source::registry::error::RegistryError;
use crate::source::registry::http::{Call, Http, parse};

/// Bytes of one answer.
const ANSWER: u64 = 64 << 10;
/// How long a key is used; they last for hours.
const LIFE: Duration = Duration::from_mins(15);
/// How long a session is asked for, in seconds.
const SESSION: &str = "300";
const CREDENTIALS: &str = "latest/meta-data/iam/security-credentials/";

#[derive(Debug)]
pub(super) struct Role {
    http: Http,
    url: Url,
    key: Mutex<Option<(Key, Instant)>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: SecretString,
    token: SecretString,
}

impl Role {
    pub(super) fn new(access: RegistryAccess) -> Result<Self, RegistryError> {
        Ok(Self { http: Http::new(&access)?, url: access.url, key: Mutex::default() })
    }

    /// The key of the role.
    pub(super) async fn key(&self) -> Result<Key, RegistryError> {
        if let Some((key, until)) = &*self.key.lock().unwrap_or_else(PoisonError::into_inner)
            && *until > Instant::now()
        {
            return Ok(key.clone());
        }
        let given = self.ask().await.map_err(|error| {
            RegistryError::Settings(format!(
                "no access key is set, and this machine has no role at Amazon: {error}"
            ))
        })?;
        let key = Key {
            id: given.access_key_id,
            secret: given.secret_access_key,
            session: Some(given.token),
        };
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((key.clone(), Instant::now() + LIFE));
        Ok(key)
    }

    async fn ask(&self) -> Result<Given, RegistryError> {
        let session = Call { method: Method::PUT, ..Call::get(at(&self.url, "latest/api/token")) }
            .with(
                HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds"),
                HeaderValue::from_static(SESSION),
            );
        let (token, _) = self.http.whole(&session, ANSWER).await?;
        let malformed = || RegistryError::Malformed {
            url: self.url.to_string(),
            reason: "it is no token and no role".to_owned(),
        };
        let token = std::str::from_utf8(&token).ok().and_then(sensitive).ok_or_else(malformed)?;
        let call = |path: &str| {
            Call::get(at(&self.url, path))
                .with(HeaderName::from_static("x-aws-ec2-metadata-token"), token.clone())
        };
        let (roles, _) = self.http.whole(&call(CREDENTIALS), ANSWER).await?;
        let roles = std::str::from_utf8(&roles).map_err(|_| malformed())?;
        let role = roles.lines().next().filter(|role| !role.is_empty()).ok_or_else(malformed)?;
        let call = call(&format!("{CREDENTIALS}{}", encoded(role)));
        let (given, _) = self.http.whole(&call, ANSWER).await?;
        parse(&call.url, &given)
    }
}
