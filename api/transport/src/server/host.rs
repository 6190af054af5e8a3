//! Whom a request is for, as it says itself.

use http::{Request, Version, header};

/// Whether the request says whom it is for, as HTTP/1.1 has it: proxies before this
/// go by it, so there is one, and no two that each reads differently.
pub fn names_host<B>(request: &Request<B>) -> bool {
    let mut named = request.headers().get_all(header::HOST).iter();
    request.version() != Version::HTTP_11 || named.next().is_some() && named.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_http_1_1_names_its_host_once() {
        for (version, hosts, fits) in [
            (Version::HTTP_11, &["palisade:10443"][..], true),
            (Version::HTTP_11, &[], false),
            (Version::HTTP_11, &["a", "b"], false),
            (Version::HTTP_11, &[""], true),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_2, &[], true),
        ] {
            let mut request = Request::get("/v1/eula").version(version);
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            assert_eq!(names_host(&request.body(()).unwrap()), fits, "{version:?} {hosts:?}");
        }
    }
}
