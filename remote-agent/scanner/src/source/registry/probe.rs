//! The test of a registry's settings, in named steps.

use http::HeaderMap;

use super::client::RegistryClient;
use super::error::RegistryError;
use super::filter::Filter;

/// One step of the test and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeStep {
    /// What was done.
    pub name: String,
    /// What went wrong; none when nothing did.
    pub error: Option<String>,
}

impl ProbeStep {
    fn new<T>(name: String, result: &Result<T, RegistryError>) -> Self {
        Self { name, error: result.as_ref().err().map(ToString::to_string) }
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
        seen(ProbeStep::new(format!("Connect to {}", self.url()), &ping));
        ping?;
        let repositories = self.repositories(wanted, 10_000).await;
        let name = match &repositories {
            Ok(repositories) => format!("List repositories: {} found", repositories.len()),
            Err(_) => "List repositories".to_owned(),
        };
        seen(ProbeStep::new(name, &repositories));
        let repositories = repositories?;
        let Some(repository) = repositories.first() else {
            seen(ProbeStep { name: "No repository matches the filters".to_owned(), error: None });
            return Ok(());
        };
        let tags = self.tags(repository, 10_000).await;
        let name = match &tags {
            Ok(tags) => format!("List tags of {repository}: {} found", tags.len()),
            Err(_) => format!("List tags of {repository}"),
        };
        seen(ProbeStep::new(name, &tags));
        tags.map(drop)
    }
}
