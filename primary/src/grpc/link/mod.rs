//! `Link`: the one stream of each member, and what it opens beside it.
//!
//! [`stream`] serves `Open` over HTTP; [`open`] is its greeting; [`downward`] and
//! [`upward`] are the two halves of a stream that was greeted; [`answer`] carries the answers of forwarded
//! calls; [`report`] serves scan reports, [`vulndb`] the vulnerability database,
//! [`configuration`] keeps what a member has of its own; [`workloads`] takes what
//! clusters run.

mod answer;
mod configuration;
mod downward;
mod open;
mod report;
pub(super) mod stream;
mod upward;
mod vulndb;
mod workloads;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use palisade_api::federation::encoded_link::link_server::{Link, LinkServer};
use palisade_api::federation::{
    AnswerPart, CallPart, ConfigurationPart, FetchConfigurationRequest, FetchReportRequest,
    FetchVulndbRequest, ReportPart, StoreConfigurationResponse, VulndbPart,
};
use palisade_api::{ClusterId, Code};
use tonic::{Request, Response, Status, Streaming};

use crate::App;

/// The largest message of an agent: a batch of events, or a part of an answer.
const MOST_BYTES: usize = 1024 * 1024;

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Clone, Debug)]
pub(super) struct LinkService {
    app: App,
    downloads: Arc<vulndb::Downloads>,
}

impl LinkService {
    /// The member that calls; refused while nobody has confirmed that it joins.
    fn confirmed<T>(&self, request: &Request<T>) -> Result<ClusterId, Status> {
        let cluster = super::enrol::peer(request)?;
        let waits = match self.app.links.get(cluster) {
            Some(link) => link.pending,
            // It has its link elsewhere, or opens none.
            None => self.app.trust.unapproved.load().contains(&cluster),
        };
        if waits {
            return Err(super::status(Code::OpNotAllowed, "this cluster is not approved yet"));
        }
        Ok(cluster)
    }
}

/// The service, ready to be mounted.
pub(super) fn service(app: App) -> LinkServer<LinkService> {
    LinkServer::new(LinkService { app, downloads: Arc::default() })
        .max_decoding_message_size(MOST_BYTES)
}

#[tonic::async_trait]
impl Link for LinkService {
    type AnswerStream = Messages<CallPart>;
    type FetchReportStream = Messages<ReportPart>;
    type FetchVulndbStream = Messages<VulndbPart>;
    type FetchConfigurationStream = Messages<ConfigurationPart>;

    async fn answer(
        &self,
        request: Request<Streaming<AnswerPart>>,
    ) -> Result<Response<Self::AnswerStream>, Status> {
        let cluster = super::enrol::peer(&request)?;
        Ok(Response::new(answer::answer(&self.app, cluster, request.into_inner()).await?))
    }

    async fn fetch_report(
        &self,
        request: Request<FetchReportRequest>,
    ) -> Result<Response<Self::FetchReportStream>, Status> {
        self.confirmed(&request)?;
        Ok(Response::new(report::fetch(&self.app, request.get_ref()).await?))
    }
    async fn fetch_vulndb(
        &self,
        request: Request<FetchVulndbRequest>,
    ) -> Result<Response<Self::FetchVulndbStream>, Status> {
        let cluster = self.confirmed(&request)?;
        Ok(Response::new(self.downloads.start(&self.app, cluster, request.get_ref())?))
    }

    async fn store_configuration(
        &self,
        request: Request<Streaming<ConfigurationPart>>,
    ) -> Result<Response<StoreConfigurationResponse>, Status> {
        let cluster = self.confirmed(&request)?;
        let digest = configuration::keep(&self.app, cluster, request.into_inner()).await?;
        let digest = bytes::Bytes::copy_from_slice(digest.as_bytes());
        Ok(Response::new(StoreConfigurationResponse { digest }))
    }

    async fn fetch_configuration(
        &self,
        request: Request<FetchConfigurationRequest>,
    ) -> Result<Response<Self::FetchConfigurationStream>, Status> {
        let cluster = self.confirmed(&request)?;
        Ok(Response::new(configuration::fetch(&self.app, cluster).await?))
    }
}

/// Text of a member, bounded and without the zero characters that a database
/// refuses.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn texts_are_bounded_and_fit_the_database() {
        assert_eq!(shortened("a\0bc", 2), "ab");
    }
}
