//! What a request may say in more than one way, said in one: what comes after this
//! knows no other.

use http::{HeaderValue, Request, header};

/// Makes the names of encodings plain: they come in letters of any case, and gzip has an
/// older one.
pub fn tidy<B>(request: &mut Request<B>) {
    let Some(encoding) = request.headers_mut().get_mut(header::CONTENT_ENCODING) else { return };
    let named = encoding.as_bytes().trim_ascii();
    if [&b"gzip"[..], b"x-gzip"].iter().any(|name| named.eq_ignore_ascii_case(name)) {
        *encoding = HeaderValue::from_static("gzip");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_has_one_name() {
        for (sent, tidied) in [
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("Gzip ", "gzip"),
            ("X-Gzip", "gzip"),
            ("identity", "identity"),
            ("BR", "BR"),
            ("gzip, br", "gzip, br"),
        ] {
            let mut request = Request::new(());
            request.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(sent));
            tidy(&mut request);
            assert_eq!(request.headers()[header::CONTENT_ENCODING], tidied, "{sent}");
        }
    }
}
