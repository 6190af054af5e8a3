//! Parameters that several lists share, for the OpenAPI document alone: what is
//! asked for is read by [`super::question`].
#![expect(dead_code, reason = "these types are documents, nobody makes one")]

use utoipa::IntoParams;

/// Which clusters.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfClusters {
    /// Id or name, or several by commas
    #[param(nullable = false)]
    cluster: Option<String>,
    /// Clusters by their labels: `env=prod,region in (eu,us),!legacy`
    #[param(nullable = false)]
    cluster_selector: Option<String>,
}

/// Which namespaces.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfNamespaces {
    /// Namespace, or several
    #[param(nullable = false)]
    namespace: Option<String>,
}

/// Which part of a list, which the page before says the beginning of.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// `desc` or `asc`
    #[param(nullable = false)]
    order: Option<String>,
    /// The `next` of the page before
    #[param(nullable = false)]
    after: Option<String>,
    /// Rows to leave out, up to 100,000
    #[param(nullable = false)]
    start: Option<i64>,
    /// Rows at most: 100, or up to 1,000
    #[param(nullable = false)]
    limit: Option<i64>,
    /// `csv` or `json`: all that is asked for, streamed
    #[param(nullable = false)]
    format: Option<String>,
}

/// Which time, and how it is cut.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Spans {
    /// Unix seconds or RFC 3339; a day before `until` where nobody says
    #[param(nullable = false)]
    since: Option<String>,
    /// Unix seconds or RFC 3339, exclusive; now where nobody says
    #[param(nullable = false)]
    until: Option<String>,
    /// `5m` of six hours at most, `1h`, `6h` or `1d`; up to 1,000 of them
    #[param(nullable = false)]
    span: Option<String>,
    /// `level`, `name`, `category`, `cluster` or `namespace`
    #[param(nullable = false)]
    by: Option<String>,
}
