//! What of the calls that somebody makes is recorded.

use palisade_api::rest::event::{level, name};

use crate::permission::Access;
use crate::route_access;

/// What a call does, where that is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It changes something.
    Write,
    /// It changes what a file says.
    Import,
    /// It gives a file of what there is.
    Export,
}

impl Recorded {
    /// None where the call changes nothing. Logins and logouts are recorded by themselves;
    /// what is forwarded does what it does there.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        let mut segments = path.split('/').skip(1);
        if let (Some("v1"), Some("fed"), Some("cluster"), Some(_), Some("v1" | "v2")) =
            (segments.next(), segments.next(), segments.next(), segments.next(), segments.next())
        {
            let there = path.match_indices('/').nth(4).map_or(path, |(at, _)| &path[at..]);
            return Self::of(method, there);
        }
        // Groups are exported by a GET with a body too.
        if method == "GET" && matches!(path, "/v1/file/config" | "/v1/file/group") {
            return Some(Self::Export);
        }
        if matches!(method, "GET" | "HEAD" | "OPTIONS") || path == "/v1/auth" {
            return None;
        }
        if path.starts_with("/v1/file/") {
            return Some(if path.ends_with("/config") { Self::Import } else { Self::Export });
        }
        let access = route_access::required(method, path).access;
        (access == Access::Write).then_some(Self::Write)
    }

    /// The name and the level of the record of a call that is answered with this status;
    /// none where nothing came of it.
    pub fn told(self, status: u16) -> Option<(&'static str, &'static str)> {
        match (self, status) {
            (Self::Write, 200) => Some((name::REST_WRITE, level::INFO)),
            (Self::Import, 200) => Some((name::CONFIGURATION_IMPORT, level::NOTICE)),
            (Self::Import, 400..) => Some((name::CONFIGURATION_IMPORT_FAILED, level::ERROR)),
            (Self::Export, 200) => Some((name::CONFIGURATION_EXPORT, level::NOTICE)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recorded::{Export, Import, Write};
    use super::*;

    #[test]
    fn what_changes_something_is_recorded() {
        for (method, path, expected) in [
            ("GET", "/v1/user", None),
            ("HEAD", "/v1/user", None),
            ("POST", "/v1/user", Some(Write)),
            ("PATCH", "/v1/system/config", Some(Write)),
            ("DELETE", "/v1/api_key/ci", Some(Write)),
            ("POST", "/v1/auth", None),
            ("PATCH", "/v1/auth", None),
            // Questions that come as POST.
            ("POST", "/v1/vulasset", None),
            ("POST", "/v1/assetvul", None),
            ("POST", "/v1/file/group", Some(Export)),
            ("GET", "/v1/file/config", Some(Export)),
            ("GET", "/v1/file/group", Some(Export)),
            ("GET", "/v1/file/group/config", None),
            ("POST", "/v1/file/config", Some(Import)),
            ("POST", "/v1/file/response/rule/config", Some(Import)),
            ("GET", "/v1/fed/cluster/7/v1/group", None),
            ("POST", "/v1/fed/cluster/7/v1/group", Some(Write)),
            ("POST", "/v1/fed/cluster/7/v1/file/group", Some(Export)),
            ("PATCH", "/v1/fed/cluster/7/v1/auth", None),
            ("DELETE", "/v1/fed/cluster/7", Some(Write)),
        ] {
            assert_eq!(Recorded::of(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn what_came_to_nothing_is_recorded_of_imports_alone() {
        for (kind, status, expected) in [
            (Write, 200, Some("RESTful.Write")),
            (Write, 403, None),
            (Import, 200, Some("Configuration.Import")),
            (Import, 206, None),
            (Import, 409, Some("Configuration.Import.Failed")),
            (Import, 500, Some("Configuration.Import.Failed")),
            (Export, 200, Some("Configuration.Export")),
            (Export, 403, None),
        ] {
            assert_eq!(kind.told(status).map(|(name, _)| name), expected, "{kind:?} {status}");
        }
    }
}
