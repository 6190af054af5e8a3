//! Which answers are compressed for clients that accept it.

use http::{Response, StatusCode};
use http_body::Body;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Smaller answers gain nothing.
const ABOVE_BYTES: u64 = 1_200;

/// What is packed already, and is to arrive so.
const PACKED: NotForContentType = NotForContentType::const_new("application/gzip");

/// Marks an answer that is sent as it is, since whoever gives it packs it once for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsItIs;

/// What is worth it, by what clients expect.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorthIt;

impl Predicate for WorthIt {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        // Clients take partial answers for compressed ones, whatever their size.
        let size = response.status() == StatusCode::PARTIAL_CONTENT
            || SizeAbove::new(ABOVE_BYTES).should_compress(response);
        // What is compressed is held back until there is enough of it.
        size && response.extensions().get::<AsItIs>().is_none()
            && NotForContentType::SSE.should_compress(response)
            && PACKED.should_compress(response)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::header::CONTENT_TYPE;

    use super::*;

    #[test]
    fn long_answers_and_partial_ones_are_compressed() {
        let long = "x".repeat(2_000);
        for (status, kind, text, compressed) in [
            (200, "application/json", "{}", false),
            (200, "application/json", long.as_str(), true),
            (206, "application/json", "{}", true),
            (200, "text/event-stream", long.as_str(), false),
            (200, "application/gzip", long.as_str(), false),
        ] {
            let response = Response::builder()
                .status(status)
                .header(CONTENT_TYPE, kind)
                .body(Body::from(text.to_owned()))
                .unwrap();
            assert_eq!(WorthIt.should_compress(&response), compressed, "{status} {kind}");
        }
        let mut packed_by_others = Response::new(Body::from(long));
        packed_by_others.extensions_mut().insert(AsItIs);
        assert!(!WorthIt.should_compress(&packed_by_others));
    }
}
