//! The test of a registry's settings, in named steps.

use http::HeaderMap;

use super::client::RegistryClient;
use super::error::RegistryError;
use super::filter::Filter;
use crate::error::ScanOutcome;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAction {
    /// Asks whether there is a registry that lets us in.
    Connect,
    /// Lists the repositories.
    ListRepositories,
    /// Finds that no repository matches the filters.
    NoRepository,
    /// Lists the tags of a repository.
    ListTags,
}

impl ProbeAction {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::ListRepositories => "list_repositories",
            Self::NoRepository => "no_repository",
            Self::ListTags => "list_tags",
        }
    }
}

/// One step of the test and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeStep {
    /// What was done.
    pub action: ProbeAction,
    /// With what: the registry's address, or a repository; may be empty.
    pub subject: String,
    /// How many were found, where the step looks for something.
    pub count: Option<usize>,
    /// What went wrong; none when nothing did.
    pub error: Option<ProbeError>,
}

/// What went wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeError {
    /// The fixed reason.
    pub outcome: ScanOutcome,
    /// In words.
    pub text: String,
}

impl ProbeStep {
    fn new<T>(
        action: ProbeAction,
        subject: &str,
        result: &Result<T, RegistryError>,
        count: impl FnOnce(&T) -> Option<usize>,
    ) -> Self {
        let error = |error: &RegistryError| ProbeError {
            outcome: error.outcome(),
            text: error.to_string(),
        };
        Self {
            action,
            subject: subject.to_owned(),
            count: result.as_ref().ok().and_then(count),
            error: result.as_ref().err().map(error),
        }
    }

    /// What was done, in words.
    pub fn name(&self) -> String {
        let what = match self.action {
            ProbeAction::Connect => format!("Connect to {}", self.subject),
            ProbeAction::ListRepositories => "List repositories".to_owned(),
            ProbeAction::NoRepository => "No repository matches the filters".to_owned(),
            ProbeAction::ListTags => format!("List tags of {}", self.subject),
        };
        match self.count {
            Some(count) => format!("{what}: {count} found"),
            None => what,
        }
    }
}

impl RegistryClient {
    /// Asks for the API's root: whether there is a registry that lets us in.
    pub async fn ping(&self) -> Result<(), RegistryError> {
        self.get(&self.endpoint(""), "", &HeaderMap::new()).await.map(drop)
    }

    /// Tests the settings: connects, lists repositories, lists the tags of
    /// the first one that `wanted` admits. Stops at the first step that
    /// fails. Each step is given to `seen` when it is done.
    pub async fn probe(
        &self,
        wanted: &[Filter],
        mut seen: impl FnMut(ProbeStep),
    ) -> Result<(), RegistryError> {
        let ping = self.ping().await;
        seen(ProbeStep::new(ProbeAction::Connect, self.url().as_ref(), &ping, |()| None));
        ping?;
        let repositories = self.repositories(wanted, 10_000).await;
        let count = |found: &Vec<_>| Some(found.len());
        seen(ProbeStep::new(ProbeAction::ListRepositories, "", &repositories, count));
        let repositories = repositories?;
        let Some(repository) = repositories.first() else {
            seen(ProbeStep::new(ProbeAction::NoRepository, "", &Ok(()), |()| None));
            return Ok(());
        };
        let tags = self.tags(repository, 10_000).await;
        seen(ProbeStep::new(ProbeAction::ListTags, repository, &tags, |tags| Some(tags.len())));
        tags.map(drop)
    }
}
