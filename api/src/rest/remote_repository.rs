//! The repository of Git that exports are written to.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A repository as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteRepository {
    /// Its name: `default`.
    pub nickname: String,
    /// `github` or `azure devops`.
    pub provider: String,
    /// For people.
    pub comment: String,
    /// Whether exports go there.
    pub enable: bool,
    /// Where it is at GitHub.
    pub github_configuration: Option<GitHubRepository>,
    /// Where it is at Azure DevOps.
    pub azure_devops_configuration: Option<AzureDevopsRepository>,
}

/// A repository at GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GitHubRepository {
    /// Whose it is.
    pub repository_owner_username: String,
    /// Its name there.
    pub repository_name: String,
    /// The branch that is written.
    pub repository_branch_name: String,
    /// Always empty.
    pub personal_access_token: String,
    /// The name of the committer.
    pub personal_access_token_committer_name: String,
    /// The committer's address of mail.
    pub personal_access_token_email: String,
}

/// A repository at Azure DevOps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AzureDevopsRepository {
    /// The organization.
    pub organization_name: String,
    /// The project in it.
    pub project_name: String,
    /// Its name there.
    pub repo_name: String,
    /// The branch that is written.
    pub branch_name: String,
    /// Always empty.
    pub personal_access_token: String,
}

/// Body of `POST /v1/system/config/remote_repository`, and what a `PATCH` changes: absent
/// keys keep their value.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RemoteRepositoryConfig {
    /// Its name: `default`.
    pub nickname: Option<String>,
    /// `github` or `azure devops`; it stays what it was.
    pub provider: Option<String>,
    /// For people.
    pub comment: Option<String>,
    /// Whether exports go there.
    pub enable: Option<bool>,
    /// Where it is at GitHub.
    pub github_configuration: Option<GitHubConfig>,
    /// Where it is at Azure DevOps.
    pub azure_devops_configuration: Option<AzureDevopsConfig>,
}

/// What to set of a repository at GitHub.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct GitHubConfig {
    /// Whose it is.
    pub repository_owner_username: Option<String>,
    /// Its name there.
    pub repository_name: Option<String>,
    /// The branch that is written.
    pub repository_branch_name: Option<String>,
    /// A token that may write the contents of the repository; empty keeps the former.
    #[schema(value_type = Option<String>, format = Password)]
    pub personal_access_token: Option<SecretString>,
    /// The name of the committer.
    pub personal_access_token_committer_name: Option<String>,
    /// The committer's address of mail.
    pub personal_access_token_email: Option<String>,
}

/// What to set of a repository at Azure DevOps.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct AzureDevopsConfig {
    /// The organization.
    pub organization_name: Option<String>,
    /// The project in it.
    pub project_name: Option<String>,
    /// Its name there.
    pub repo_name: Option<String>,
    /// The branch that is written.
    pub branch_name: Option<String>,
    /// A token that may write the code of the project; empty keeps the former.
    #[schema(value_type = Option<String>, format = Password)]
    pub personal_access_token: Option<SecretString>,
}

/// Body of `PATCH /v1/system/config/remote_repository/{nickname}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RemoteRepositoryConfigData {
    /// What to change.
    pub config: RemoteRepositoryConfig,
}

/// Answer to an export that went to a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteExportData {
    /// Path of the file in the repository.
    pub file_path: String,
}
