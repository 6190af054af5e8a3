//! What may be forwarded to a member, and on whose behalf.

use http::Method;
use palisade_api::Code;
use palisade_identity::Role;

use crate::http::error::{ApiError, Result};

/// A call that may be forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The method on the member.
    pub(super) method: Method,
    /// Path and query on the member.
    pub(super) path: String,
    /// The role of the caller there.
    pub(super) role: Role,
}

/// What a fedReader may post: exports and queries.
const READER_POSTS: &[&str] = &[
    "v1/file/group",
    "v1/file/admission",
    "v1/file/waf",
    "v1/file/dlp",
    "v1/file/response/rule",
    "v1/file/compliance/profile",
    "v1/file/vulnerability/profile",
    "v1/vulasset",
    "v1/assetvul",
    "v2/workload",
];

/// Checks a call of `path`, which is what follows the cluster's id, with its
/// percent-encoding. The path that is judged is the one that is sent: tidied
/// like a server would, so that no spelling gets past the refusals.
pub(super) fn judge(
    role: Role,
    method: &Method,
    path: &str,
    query: Option<&str>,
) -> Result<Forwarded> {
    let role_there = role.on_remote().ok_or_else(|| {
        ApiError::access_denied(format!("The role {:?} holds nothing on members.", role.as_str()))
    })?;
    let segments = tidy(path)?;
    let plain: Vec<String> = segments
        .iter()
        .map(|segment| decode(segment).map(|s| s.to_lowercase()))
        .collect::<Result<_>>()?;
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    let [version @ ("v1" | "v2"), _, ..] = plain.as_slice() else {
        return Err(ApiError::of(Code::NotFound));
    };
    if refused(method, &plain, query) {
        return Err(ApiError::new(Code::OpNotAllowed, "This call is not forwarded to members.")
            .with_status(http::StatusCode::FORBIDDEN));
    }
    let joined = plain.join("/");
    let reads = match *method {
        Method::GET | Method::HEAD => true,
        Method::PATCH => joined == "v1/auth",
        Method::POST => READER_POSTS.contains(&joined.as_str()),
        _ => false,
    };
    if role == Role::FedReader && !reads {
        return Err(ApiError::access_denied("The role \"fedReader\" may only read from members."));
    }
    let method = if *method == Method::GET && joined == "v1/file/group" {
        Method::POST
    } else {
        method.clone()
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    // An agent knows the API by its version; the letter case of the rest it puts right itself.
    let path = format!("/{version}/{}{query}", segments[1..].join("/"));
    Ok(Forwarded { method, path, role: role_there })
}

/// What belongs to the member alone: its own place in the federation, its
/// sessions, its users' passwords, and what an import would make federated.
fn refused(method: &Method, segments: &[&str], query: Option<&str>) -> bool {
    let changes = matches!(*method, Method::POST | Method::DELETE);
    match segments {
        [_, "fed", rest @ ..] => {
            *rest != ["member"] || !matches!(*method, Method::GET | Method::HEAD)
        }
        // Including the local login: a session there is nobody's from here.
        [_, "fed_auth" | "auth", ..] => changes,
        [_, "user", .., "password"] => *method == Method::POST,
        [_, "file", .., "config"] => *method == Method::POST && !local_scope(query),
        _ => false,
    }
}

fn local_scope(query: Option<&str>) -> bool {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, _)| name == "scope")
        .all(|(_, scope)| scope == "local")
}

/// The segments without empty ones, `.` and `..`.
fn tidy(path: &str) -> Result<Vec<&str>> {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match decode(segment)?.as_str() {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    Ok(kept)
}

/// A segment without its percent-encoding. An encoded slash would be a
/// separator to some and not to others, so there must be none.
fn decode(segment: &str) -> Result<String> {
    let wrong = || ApiError::invalid_request("The path is not properly encoded.");
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16)).ok_or_else(wrong);
        let (high, low) = (digit()?, digit()?);
        decoded.push((high * 16 + low) as u8);
    }
    if decoded.contains(&b'/') {
        return Err(wrong());
    }
    String::from_utf8(decoded).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(role: Role, method: &Method, path: &str) -> Result<String, (u16, u32)> {
        let (path, query) =
            path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        judge(role, method, path, query)
            .map(|forwarded| format!("{} {}", forwarded.method, forwarded.path))
            .map_err(|error| (error.status.as_u16(), error.code.number()))
    }

    #[test]
    fn reads_and_changes_go_through_for_an_administrator() {
        for (method, path, sent) in [
            (Method::GET, "v1/system/summary", "GET /v1/system/summary"),
            (Method::GET, "v2/workload?start=0&limit=50", "GET /v2/workload?start=0&limit=50"),
            (Method::PATCH, "v1/policy/rule", "PATCH /v1/policy/rule"),
            (Method::DELETE, "v1/group/a%20b", "DELETE /v1/group/a%20b"),
            (Method::GET, "v1/file/group", "POST /v1/file/group"),
            (Method::GET, "v1/fed/member", "GET /v1/fed/member"),
            (Method::POST, "v1/file/admission/config", "POST /v1/file/admission/config"),
            (
                Method::POST,
                "v1/file/dlp/config?scope=local",
                "POST /v1/file/dlp/config?scope=local",
            ),
            (Method::PATCH, "v1/auth", "PATCH /v1/auth"),
            (Method::GET, "/v1//group/./x/../y/", "GET /v1/group/y"),
            (Method::GET, "V1/Group/A", "GET /v1/Group/A"),
        ] {
            assert_eq!(outcome(Role::FedAdmin, &method, path), Ok(sent.to_owned()), "{path}");
        }
    }

    #[test]
    fn what_is_the_members_own_is_refused_however_it_is_spelt() {
        for (method, path) in [
            (Method::POST, "v1/fed/leave"),
            (Method::POST, "v1/FED/leave"),
            (Method::POST, "v1/%66ed/leave"),
            (Method::POST, "v1//fed//leave"),
            (Method::POST, "v1/group/../fed/leave"),
            (Method::POST, "v1/group/%2e%2e/fed/leave"),
            (Method::GET, "v1/fed"),
            (Method::GET, "v1/fed/member/x"),
            (Method::POST, "v1/fed/member"),
            (Method::POST, "v1/fed_auth"),
            (Method::DELETE, "v1/fed_auth"),
            (Method::POST, "v1/auth"),
            (Method::POST, "v1/auth/ldap1"),
            (Method::DELETE, "v1/auth"),
            (Method::POST, "v1/user/admin/password"),
            (Method::POST, "v1/file/admission/config?scope=fed"),
            (Method::POST, "v1/file/admission/config?scope=local&scope=fed"),
            (Method::POST, "v1/file/config?sc%6fpe=fed"),
        ] {
            assert_eq!(outcome(Role::FedAdmin, &method, path), Err((403, 4)), "{method} {path}");
        }
    }

    #[test]
    fn a_reader_reads_exports_and_asks() {
        for (method, path) in [
            (Method::GET, "v1/group"),
            (Method::HEAD, "v1/group"),
            (Method::HEAD, "v1/fed/member"),
            (Method::PATCH, "v1/auth"),
            (Method::POST, "v1/file/response/rule"),
            (Method::POST, "v1/vulasset"),
            (Method::POST, "v2/workload"),
        ] {
            assert!(outcome(Role::FedReader, &method, path).is_ok(), "{method} {path}");
        }
        for (method, path) in [
            (Method::POST, "v1/group"),
            (Method::PATCH, "v1/group/x"),
            (Method::DELETE, "v1/group/x"),
            (Method::POST, "v1/file/group/config"),
            (Method::POST, "v1/workload"),
        ] {
            assert_eq!(outcome(Role::FedReader, &method, path), Err((403, 25)), "{method} {path}");
        }
    }

    #[test]
    fn other_roles_and_other_paths_are_refused() {
        for role in [Role::Admin, Role::Reader, Role::Ciops, Role::None] {
            assert_eq!(outcome(role, &Method::GET, "v1/group"), Err((403, 25)));
        }
        for path in ["", "v1", "v3/group", "healthz", "metrics"] {
            assert_eq!(outcome(Role::FedAdmin, &Method::GET, path), Err((404, 1)), "{path}");
        }
        for path in ["v1/group/a%2fb", "v1/%zz", "v1/%f", "v1/%ff"] {
            assert_eq!(outcome(Role::FedAdmin, &Method::GET, path), Err((400, 6)), "{path}");
        }
    }
}
