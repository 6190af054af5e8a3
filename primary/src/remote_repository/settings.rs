//! Where the repository is, and the token that is let in there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::rest::remote_repository::{
    AzureDevopsConfig, AzureDevopsRepository, GitHubConfig, GitHubRepository,
    RemoteRepository as Shown, RemoteRepositoryConfig,
};
use palisade_transport::seal::{SealError, Sealer};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use sqlx::PgConnection;
use thiserror::Error;

use crate::store::audit::{self, NewAudit};
use crate::store::{Actor, Database, StoreError, setting};

/// The name of the one repository that there can be, as clients know it.
pub const NAME: &str = "default";
const GITHUB: &str = "github";
const AZURE_DEVOPS: &str = "azure devops";
const SETTING: &str = "remote_repository";
const PURPOSE: &str = "token of the remote repository";
/// Longest text of the settings, in bytes.
const LONGEST: usize = 1_024;

/// The repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RemoteRepository {
    comment: String,
    /// Whether exports go there.
    pub(super) enable: bool,
    /// Where it is.
    pub(super) place: Place,
    /// The token, sealed, in base64.
    sealed_token: String,
}

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// At GitHub.
    GitHub(GitHub),
    /// At Azure DevOps.
    AzureDevops(AzureDevops),
}

/// A repository at GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GitHub {
    pub(super) owner: String,
    pub(super) repository: String,
    pub(super) branch: String,
    pub(super) committer: String,
    pub(super) email: String,
}

/// A repository at Azure DevOps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AzureDevops {
    pub(super) organization: String,
    pub(super) project: String,
    pub(super) repository: String,
    pub(super) branch: String,
}

/// A repository that was not set.
#[derive(Debug, Error)]
pub enum RemoteRepositoryError {
    /// Another name.
    #[error("there is one remote repository, and its nickname is {NAME}")]
    Name,
    /// No provider that is known.
    #[error("the provider is {GITHUB:?} or {AZURE_DEVOPS:?}")]
    Provider,
    /// Something is missing or too long.
    #[error("each text of the configuration is needed, and has {LONGEST} bytes at most")]
    Text,
    /// No token of a provider.
    #[error("a token is ASCII without blanks or ends of lines, of {LONGEST} bytes at most")]
    Token,
    /// There is one already.
    #[error("there is a remote repository already: change or delete it")]
    Duplicate,
    /// There is none.
    #[error("there is no remote repository of that nickname")]
    Missing,
    /// The token cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, RemoteRepositoryError>;

/// Sets the repository, where there is none.
pub async fn create(
    database: &Database,
    sealer: &Sealer,
    actor: &Actor,
    config: RemoteRepositoryConfig,
) -> Result<()> {
    if config.nickname.as_deref() != Some(NAME) {
        return Err(RemoteRepositoryError::Name);
    }
    let place = match config.provider.as_deref() {
        Some(GITHUB) => Place::GitHub(GitHub::default()),
        Some(AZURE_DEVOPS) => Place::AzureDevops(AzureDevops::default()),
        _ => return Err(RemoteRepositoryError::Provider),
    };
    let none = RemoteRepository {
        comment: String::new(),
        enable: false,
        place,
        sealed_token: String::new(),
    };
    let new = none.changed(sealer, config)?;
    let mut tx = database.begin().await?;
    if lock(&mut tx).await?.is_some() {
        return Err(RemoteRepositoryError::Duplicate);
    }
    setting::put(&mut tx, SETTING, &Some(&new)).await?;
    record(&mut tx, actor, "create", None, Some(&new)).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Changes the repository; what `config` leaves out stays.
pub async fn change(
    database: &Database,
    sealer: &Sealer,
    actor: &Actor,
    nickname: &str,
    config: RemoteRepositoryConfig,
) -> Result<()> {
    let mut tx = database.begin().await?;
    let before = found(&mut tx, nickname).await?;
    let after = before.changed(sealer, config)?;
    setting::put(&mut tx, SETTING, &Some(&after)).await?;
    record(&mut tx, actor, "change", Some(&before), Some(&after)).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Forgets the repository. What was written there stays.
pub async fn delete(database: &Database, actor: &Actor, nickname: &str) -> Result<()> {
    let mut tx = database.begin().await?;
    let before = found(&mut tx, nickname).await?;
    setting::put(&mut tx, SETTING, &None::<RemoteRepository>).await?;
    record(&mut tx, actor, "delete", Some(&before), None).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// The repository as clients see it, if there is one.
pub async fn shown(database: &Database) -> std::result::Result<Option<Shown>, StoreError> {
    Ok(get(&mut *database.acquire().await?).await?.map(|repository| repository.shown()))
}

/// The repository, if there is one.
pub(super) async fn get(
    conn: &mut PgConnection,
) -> std::result::Result<Option<RemoteRepository>, StoreError> {
    Ok(setting::get::<Option<_>>(conn, SETTING).await?.flatten())
}

/// The same, which nobody else changes until the transaction ends.
async fn lock(
    conn: &mut PgConnection,
) -> std::result::Result<Option<RemoteRepository>, StoreError> {
    setting::lock(conn, SETTING, &None).await
}

async fn found(conn: &mut PgConnection, nickname: &str) -> Result<RemoteRepository> {
    let known = if nickname == NAME { lock(conn).await? } else { None };
    known.ok_or(RemoteRepositoryError::Missing)
}

async fn record(
    conn: &mut PgConnection,
    actor: &Actor,
    action: &str,
    before: Option<&RemoteRepository>,
    after: Option<&RemoteRepository>,
) -> std::result::Result<(), StoreError> {
    let told = |repository: &RemoteRepository| {
        to_raw_value(&repository.shown())
            .map_err(|error| StoreError::inconsistent("setting", error))
    };
    let (before, after) = (before.map(told).transpose()?, after.map(told).transpose()?);
    let new = NewAudit {
        action,
        kind: "remote_repository",
        name: NAME,
        before: before.as_deref(),
        after: after.as_deref(),
    };
    audit::record(conn, actor, new).await
}

impl RemoteRepository {
    /// The same with what `config` says, complete.
    fn changed(&self, sealer: &Sealer, config: RemoteRepositoryConfig) -> Result<Self> {
        let (place, token) = match &self.place {
            Place::GitHub(old) => {
                let GitHubConfig {
                    repository_owner_username,
                    repository_name,
                    repository_branch_name,
                    personal_access_token,
                    personal_access_token_committer_name,
                    personal_access_token_email,
                } = config.github_configuration.unwrap_or_default();
                let place = Place::GitHub(GitHub {
                    owner: text(repository_owner_username, &old.owner)?,
                    repository: text(repository_name, &old.repository)?,
                    branch: text(repository_branch_name, &old.branch)?,
                    committer: text(personal_access_token_committer_name, &old.committer)?,
                    email: text(personal_access_token_email, &old.email)?,
                });
                (place, personal_access_token)
            }
            Place::AzureDevops(old) => {
                let AzureDevopsConfig {
                    organization_name,
                    project_name,
                    repo_name,
                    branch_name,
                    personal_access_token,
                } = config.azure_devops_configuration.unwrap_or_default();
                let place = Place::AzureDevops(AzureDevops {
                    organization: text(organization_name, &old.organization)?,
                    project: text(project_name, &old.project)?,
                    repository: text(repo_name, &old.repository)?,
                    branch: text(branch_name, &old.branch)?,
                });
                (place, personal_access_token)
            }
        };
        let token = token.filter(|token| !token.expose_secret().is_empty());
        let sealed_token = match token {
            Some(token) if is_token(token.expose_secret()) => {
                STANDARD.encode(sealer.seal(PURPOSE, token.expose_secret().as_bytes())?)
            }
            None if !self.sealed_token.is_empty() => self.sealed_token.clone(),
            Some(_) => return Err(RemoteRepositoryError::Token),
            None => return Err(RemoteRepositoryError::Text),
        };
        let comment = config.comment.unwrap_or_else(|| self.comment.clone());
        if comment.len() > LONGEST || comment.contains('\0') {
            return Err(RemoteRepositoryError::Text);
        }
        Ok(Self { comment, enable: config.enable.unwrap_or(self.enable), place, sealed_token })
    }

    /// What it is let in with.
    pub(super) fn token(&self, sealer: &Sealer) -> std::result::Result<SecretString, SealError> {
        let damaged = || SealError::CannotOpen { purpose: PURPOSE.to_owned() };
        let decoded = STANDARD.decode(&self.sealed_token).map_err(|_| damaged())?;
        let token = sealer.open(PURPOSE, &decoded)?;
        let token = std::str::from_utf8(token.expose_secret()).map_err(|_| damaged())?;
        Ok(SecretString::from(token))
    }

    fn shown(&self) -> Shown {
        let (provider, github_configuration, azure_devops_configuration) = match &self.place {
            Place::GitHub(at) => {
                let GitHub { owner, repository, branch, committer, email } = at.clone();
                let shown = GitHubRepository {
                    repository_owner_username: owner,
                    repository_name: repository,
                    repository_branch_name: branch,
                    personal_access_token: String::new(),
                    personal_access_token_committer_name: committer,
                    personal_access_token_email: email,
                };
                (GITHUB, Some(shown), None)
            }
            Place::AzureDevops(at) => {
                let AzureDevops { organization, project, repository, branch } = at.clone();
                let shown = AzureDevopsRepository {
                    organization_name: organization,
                    project_name: project,
                    repo_name: repository,
                    branch_name: branch,
                    personal_access_token: String::new(),
                };
                (AZURE_DEVOPS, None, Some(shown))
            }
        };
        Shown {
            nickname: NAME.to_owned(),
            provider: provider.to_owned(),
            comment: self.comment.clone(),
            enable: self.enable,
            github_configuration,
            azure_devops_configuration,
        }
    }
}

/// A text that is given, else the former one. None of them may lead elsewhere as a part of
/// an address.
fn text(given: Option<String>, former: &str) -> Result<String> {
    let text = given.unwrap_or_else(|| former.to_owned());
    let leads_elsewhere = matches!(text.as_str(), "" | "." | "..");
    if leads_elsewhere || text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(RemoteRepositoryError::Text);
    }
    Ok(text)
}

/// Whether a text can be sent as a token: one that was copied with the end of its line
/// cannot.
fn is_token(text: &str) -> bool {
    text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic())
}
