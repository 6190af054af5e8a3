//! Paths as clients write them: doubled and trailing slashes, `.` and `..`
//! and wrong letter case are served like the right path.

use std::sync::Arc;

use http::Uri;
use http::uri::PathAndQuery;
use percent_encoding::percent_decode_str;

/// The paths that are served, to put letter case right.
#[derive(Clone, Debug)]
pub struct PathTable(Arc<[Vec<String>]>);

impl PathTable {
    /// Takes paths as the OpenAPI document writes them (`/v1/user/{fullname}`).
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self(paths.into_iter().map(|path| segments(path).map(str::to_owned).collect()).collect())
    }

    /// The uri with its path in canonical form, or none where it is already.
    pub fn canonical(&self, uri: &Uri) -> Option<Uri> {
        let path = uri.path();
        let tidy = tidy(path);
        let wanted = self.right_case(&tidy).unwrap_or(tidy);
        if wanted == path {
            return None;
        }
        let with_query = match uri.query() {
            Some(query) => format!("{wanted}?{query}"),
            None => wanted,
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(with_query).ok()?);
        Uri::from_parts(parts).ok()
    }

    /// The path with the letter case of the first served path that fits it.
    fn right_case(&self, path: &str) -> Option<String> {
        if !path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let asked: Vec<&str> = segments(path).collect();
        let template = self.0.iter().find(|template| fits(template, &asked))?;
        let mut right = String::with_capacity(path.len());
        for (index, segment) in asked.iter().enumerate() {
            right.push('/');
            right.push_str(match template.get(index) {
                Some(fixed) if !fixed.starts_with('{') => fixed,
                _ => segment,
            });
        }
        Some(right)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1)
}

fn fits(template: &[String], asked: &[&str]) -> bool {
    let open_ended = template.last().is_some_and(|last| last.starts_with("{*"));
    let same_length = template.len() == asked.len();
    (same_length || (open_ended && asked.len() > template.len()))
        && template
            .iter()
            .zip(asked)
            .all(|(fixed, segment)| fixed.starts_with('{') || fixed.eq_ignore_ascii_case(segment))
}

/// Whether the path is text where its percent-encoding is undone.
pub fn is_text(path: &str) -> bool {
    percent_decode_str(path).decode_utf8().is_ok()
}

/// The path without empty segments, `.` and `..`; `/` for the root.
pub fn tidy(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str) -> String {
        let table = PathTable::new([
            "/v1/user/{fullname}",
            "/v1/fed/cluster/{id}",
            "/v1/fed/cluster/{id}/{*request}",
        ]);
        let uri: Uri = path.parse().unwrap();
        table.canonical(&uri).unwrap_or(uri).to_string()
    }

    #[test]
    fn sloppy_paths_lead_to_the_right_one() {
        for (sloppy, right) in [
            ("/v1/user/", "/v1/user"),
            ("//v1//user", "/v1/user"),
            ("/v1/group/../user", "/v1/user"),
            ("/../../v1/./user", "/v1/user"),
            ("/V1/User/Admin?A=B", "/v1/user/Admin?A=B"),
            ("/v1/FED/cluster/Ab/V1/Group", "/v1/fed/cluster/Ab/V1/Group"),
            ("/", "/"),
            ("/v1/user?x=1//2", "/v1/user?x=1//2"),
        ] {
            assert_eq!(canonical(sloppy), right, "{sloppy}");
        }
    }

    #[test]
    fn names_keep_their_letter_case() {
        assert_eq!(canonical("/v1/user/Mary%20Ann"), "/v1/user/Mary%20Ann");
    }
}
