//! Answers that a client leaves unread. Of HTTP/1 the kernel notices that; a client of HTTP/2
//! may take everything from its connection, and nothing of a stream.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// What is handed to the client at a time, so that what it leaves unread stays here.
const PART: usize = 64 << 10;
/// What is left for the last part: an answer that was handed over whole is no longer here to be
/// watched, however little of it was taken.
const LAST: usize = 1 << 10;

/// The answers of one connection whose next part it is the client's turn to take, with when
/// that began.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(Arc<Mutex<Turns>>);

#[derive(Debug, Default)]
struct Turns {
    next: u64,
    since: HashMap<u64, Instant>,
}

impl Answers {
    /// Watches over an answer.
    pub(super) fn watch<B>(&self, body: B) -> Watched<B> {
        let mut turns = self.turns();
        let id = turns.next;
        turns.next += 1;
        turns.since.insert(id, Instant::now());
        drop(turns);
        Watched { body: Box::pin(body), rest: Bytes::new(), id, answers: self.clone() }
    }

    /// Ends when nothing of an answer was taken for `patience`, or somewhat longer;
    /// never without one.
    pub(super) async fn untaken(&self, patience: Option<Duration>) {
        let Some(patience) = patience else { return std::future::pending().await };
        loop {
            tokio::time::sleep(patience / 4).await;
            let is_left = self.turns().since.values().any(|since| since.elapsed() >= patience);
            if is_left {
                return;
            }
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is watched over.
pub(super) struct Watched<B> {
    body: Pin<Box<B>>,
    /// What of a part is still to be handed over.
    rest: Bytes,
    id: u64,
    answers: Answers,
}

impl<B: Body<Data = Bytes>> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = if self.rest.is_empty() {
            self.body.as_mut().poll_frame(context)
        } else {
            Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))))
        };
        let polled = polled.map_ok(|frame| match frame.into_data() {
            Ok(mut data) => {
                let part = if data.len() > PART {
                    PART
                } else if data.len() > LAST && self.body.is_end_stream() {
                    data.len() - LAST
                } else {
                    data.len()
                };
                self.rest = data.split_off(part);
                Frame::data(data)
            }
            Err(other) => other,
        });
        let mut turns = self.answers.turns();
        match &polled {
            Poll::Ready(Some(Ok(_))) => turns.since.insert(self.id, Instant::now()),
            // It waits for us, or ends.
            Poll::Pending | Poll::Ready(_) => turns.since.remove(&self.id),
        };
        drop(turns);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

impl<B> Drop for Watched<B> {
    fn drop(&mut self) {
        self.answers.turns().since.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::StreamExt as _;
    use futures_util::stream;
    use http_body_util::{BodyExt as _, Full, StreamBody};

    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);

    async fn is_left(answers: &Answers) -> bool {
        tokio::time::timeout(PATIENCE * 2, answers.untaken(Some(PATIENCE))).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_is_noticed() {
        let answers = Answers::default();
        let mut body = answers.watch(Full::new(Bytes::from(vec![0; 2 * PART + 1])));
        assert!(is_left(&answers).await);
        // Nor is the beginning of it enough.
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), body.size_hint().exact()), (PART, Some(PART as u64 + 1)));
        assert!(is_left(&answers).await);
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), PART + 1);
        assert!(!is_left(&answers).await);
    }

    #[tokio::test(start_paused = true)]
    async fn no_long_answer_is_handed_over_whole() {
        let answers = Answers::default();
        for (length, parts) in [
            (LAST, vec![LAST]),
            (LAST + 1, vec![1, LAST]),
            (PART, vec![PART - LAST, LAST]),
            (PART + LAST, vec![PART, LAST]),
        ] {
            let mut body = answers.watch(Full::new(Bytes::from(vec![0; length])));
            for part in parts {
                assert!(!body.is_end_stream());
                let taken = body.frame().await.unwrap().unwrap().into_data().unwrap();
                assert_eq!(taken.len(), part, "{length}");
            }
            assert!(body.is_end_stream());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_us_leaves_nothing_unread() {
        let answers = Answers::default();
        let frame = Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a")));
        let mut body =
            answers.watch(StreamBody::new(stream::iter([frame]).chain(stream::pending())));
        body.frame().await.unwrap().unwrap();
        assert!(tokio::time::timeout(PATIENCE, body.frame()).await.is_err());
        assert!(!is_left(&answers).await);
        drop(body);
    }
}
