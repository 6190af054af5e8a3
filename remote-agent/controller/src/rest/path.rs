//! Paths as clients write them: doubled and trailing slashes, `.` and `..` are
//! served like the right path.

use http::Uri;
use http::uri::PathAndQuery;

/// The uri with its path in canonical form, or none where it is already.
pub(super) fn canonical(uri: &Uri) -> Option<Uri> {
    let mut kept: Vec<&str> = Vec::new();
    for segment in uri.path().split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let tidy = format!("/{}", kept.join("/"));
    if tidy == uri.path() {
        return None;
    }
    let with_query = match uri.query() {
        Some(query) => format!("{tidy}?{query}"),
        None => tidy,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(with_query).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_paths_lead_to_the_right_one() {
        for (sloppy, right) in [
            ("/v1/group/", "/v1/group"),
            ("//v1//group?x=1//2", "/v1/group?x=1//2"),
            ("/v1/group/../host", "/v1/host"),
            ("/../..", "/"),
        ] {
            let uri: Uri = sloppy.parse().unwrap();
            assert_eq!(canonical(&uri).unwrap().to_string(), right);
        }
        assert_eq!(canonical(&"/v1/group?x=//".parse().unwrap()), None);
    }
}
