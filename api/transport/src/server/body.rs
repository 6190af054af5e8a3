//! The bodies of requests, within a bound of size and of time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use thiserror::Error;

/// How long a client may take to send a body: less than any answer, so that the answer
/// says why.
const TIME: Duration = Duration::from_secs(20);

/// A body that was not read to its end.
#[derive(Debug, Error)]
pub enum BodyError {
    /// The client, or what unpacks the body, failed.
    #[error("The body broke off.")]
    BrokeOff(#[source] axum::Error),
    /// It is larger than what is read.
    #[error("The body is larger than {0} bytes.")]
    TooLarge(usize),
    /// The client takes too long to send it.
    #[error("The body did not arrive in time.")]
    Late,
}

/// Reads the whole of a body, at most `most` bytes of it. What is more is for
/// [`super::answer_after_body`].
pub async fn read_body(mut body: Body, most: usize) -> Result<Bytes, BodyError> {
    let reading = async {
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(BodyError::BrokeOff)?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > most {
                return Err(BodyError::TooLarge(most));
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes.freeze())
    };
    tokio::time::timeout(TIME, reading).await.map_err(|_| BodyError::Late)?
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, StreamExt as _};

    use super::*;

    fn sent(parts: &[&'static str]) -> Body {
        let parts: Vec<_> = parts.iter().map(|part| Ok::<_, std::io::Error>(*part)).collect();
        Body::from_stream(stream::iter(parts))
    }

    #[tokio::test]
    async fn what_is_read_has_a_bound() {
        for (parts, most, read) in [
            (&["ab", "c"][..], 3, Some("abc")),
            (&[], 0, Some("")),
            (&["ab", "c"], 2, None),
            (&["abc"], 2, None),
        ] {
            let outcome = read_body(sent(parts), most).await;
            assert_eq!(outcome.ok(), read.map(Bytes::from), "{parts:?} {most}");
        }
        let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        let broken = read_body(Body::from_stream(broken), 9).await;
        assert!(matches!(broken, Err(BodyError::BrokeOff(_))), "{broken:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_comes_to_an_end_is_not_waited_for() {
        let first = stream::iter([Ok::<_, std::io::Error>("{")]);
        let endless = Body::from_stream(first.chain(stream::pending()));
        assert!(matches!(read_body(endless, 9).await, Err(BodyError::Late)));
    }
}
