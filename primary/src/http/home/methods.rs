//! The methods of paths that clusters alone answer.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, header};
use palisade_api::Code;
use utoipa::openapi::OpenApi;

use crate::http::error::ApiError;

/// The paths of a document, each with what `Allow` says of it.
#[derive(Clone, Debug)]
pub(in crate::http) struct Methods(Arc<[(String, String)]>);

impl Methods {
    /// Those of `document`.
    pub(in crate::http) fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            let known = [
                ("GET,HEAD", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            let known = known.into_iter().filter_map(|(name, is_known)| is_known.then_some(name));
            (path.clone(), known.collect::<Vec<_>>().join(","))
        });
        Self(paths.collect())
    }

    /// What `Allow` says of `path`; none where no path of the document fits.
    pub(super) fn allowed(&self, path: &str) -> Option<&str> {
        let fits = |known: &str| {
            let mut asked = path.split('/');
            known.split('/').all(|segment| {
                asked.next().is_some_and(|asked| segment == asked || segment.starts_with('{'))
            }) && asked.next().is_none()
        };
        self.0.iter().find(|(known, _)| fits(known)).map(|(_, allowed)| allowed.as_str())
    }
}

/// Whether `Allow` with this text names the method.
pub(super) fn names(allowed: &str, method: &Method) -> bool {
    allowed.split(',').any(|one| one == method.as_str())
}

/// The answer to a method that the path does not know.
pub(super) fn refuse(allowed: &str) -> Response {
    let mut answer = ApiError::of(Code::MethodNotAllowed).into_response();
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn each_path_of_clusters_has_its_methods() -> serde_json::Result<()> {
        let methods = Methods::of(&crate::http::openapi::of_clusters()?);
        for (path, allowed) in [
            ("/v1/workload", Some("GET,HEAD")),
            ("/v1/workload/7", Some("GET,HEAD")),
            ("/v2/workload", Some("GET,HEAD,POST")),
            ("/v1/admission/state", Some("GET,HEAD,PATCH")),
            ("/v1/log/threat", Some("GET,HEAD")),
            ("/v1/workload/7/8/9", None),
            ("/v1", None),
        ] {
            assert_eq!(methods.allowed(path), allowed, "{path}");
        }
        Ok(())
    }

    #[test]
    fn what_is_refused_says_what_is_not() {
        assert!(names("GET,HEAD,PATCH", &Method::HEAD));
        assert!(!names("GET,HEAD,PATCH", &Method::PUT));
        let answer = refuse("GET,HEAD");
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers()[header::ALLOW], "GET,HEAD");
    }
}
