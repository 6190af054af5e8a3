//! Routes that the primary has as well, together with their paths.

use axum::Router;
use axum::routing::MethodRouter;

use crate::Controller;

/// Routes without a part of the OpenAPI document, whose paths are known all the
/// same: letter case is put right by them.
#[derive(Default)]
pub(super) struct Listed {
    router: Router<Controller>,
    paths: Vec<String>,
}

impl Listed {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn route(self, path: &str, methods: MethodRouter<Controller>) -> Self {
        let Self { router, mut paths } = self;
        paths.push(path.to_owned());
        Self { router: router.route(path, methods), paths }
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let Self { router, mut paths } = self;
        paths.extend(other.paths);
        Self { router: router.merge(other.router), paths }
    }

    /// The routes, and the path of each.
    pub(super) fn split(self) -> (Router<Controller>, Vec<String>) {
        (self.router, self.paths)
    }
}
