//! What a join token refuses, and that a refusal changes nothing.

use chrono::{TimeDelta, Utc};
use palisade_primary::federation::token;
use palisade_primary::store::Actor;

use crate::agent::Newcomer;
use crate::primary::Primary;

#[tokio::test]
async fn every_refusal_has_its_own_text_and_changes_nothing() {
    let (primary, other) = tokio::join!(Primary::start(), Primary::start());
    let good = primary.token(2, false).await;
    Newcomer::named("production").join(&primary, &good).await.unwrap();

    let mut tampered = good.clone();
    let tail = tampered.ticket.pop().unwrap();
    tampered.ticket.insert(10, tail);
    let mut foreign = other.token(1, false).await;
    foreign.authority = good.authority;

    let newcomer = Newcomer::named("staging");
    // Two hours off, and half a minute so that the time the test takes does not show.
    let off = TimeDelta::minutes(120) + TimeDelta::seconds(30);
    let now = primary.app.clock.now();
    let late = Newcomer { sent_at: now - off, ..Newcomer::named("late") };
    let early = Newcomer { sent_at: now + off, ..Newcomer::named("early") };
    let taken = Newcomer::named("production");
    let primarys = Newcomer::named("primary");
    let nameless = Newcomer::named("no,name");
    for (newcomer, token, code, text) in [
        (&newcomer, &tampered, 39, "tampered"),
        (&newcomer, &foreign, 39, "another primary"),
        (&late, &good, 39, "2 h 0 min behind"),
        (&early, &good, 39, "2 h 0 min ahead of"),
        (&taken, &good, 41, "\"production\""),
        (&primarys, &good, 41, "\"primary\""),
        (&nameless, &good, 15, "not a cluster name"),
    ] {
        let refusal = newcomer.try_join(&primary, token).await.unwrap_err();
        assert_eq!(refusal.0, code, "{}", refusal.1);
        assert!(refusal.1.contains(text), "{:?} should say {text:?}", refusal.1);
    }
    let mut request = newcomer.request.der().to_vec();
    let last = request.len() - 1;
    request[last] ^= 1;
    let refusal = newcomer.join_with_request(&primary, &good, request).await.unwrap_err();
    assert_eq!(refusal.0, 6, "{}", refusal.1);
    assert_eq!(primary.newest_token().await.uses, 1);
    assert_eq!(primary.members().await, ["production"]);

    // The second use is still there; the third never was.
    newcomer.try_join(&primary, &good).await.unwrap();
    let refusal = Newcomer::named("third").try_join(&primary, &good).await.unwrap_err();
    assert_eq!((refusal.0, refusal.1.contains("used up (2 of 2")), (39, true), "{}", refusal.1);

    let revoked = primary.token(1, false).await;
    let id = primary.newest_token().await.id;
    let mut tx = primary.database().begin().await.unwrap();
    let actor = Actor::new("admin", "");
    token::revoke(&mut tx, &actor, id, Utc::now()).await.unwrap();
    tx.commit().await.unwrap();
    let refusal = Newcomer::named("third").try_join(&primary, &revoked).await.unwrap_err();
    assert_eq!((refusal.0, refusal.1.contains("revoked")), (39, true), "{}", refusal.1);

    let expired = primary.token(1, false).await;
    primary.clock.advance(TimeDelta::hours(1));
    let third = Newcomer { sent_at: primary.app.clock.now(), ..Newcomer::named("third") };
    let refusal = third.try_join(&primary, &expired).await.unwrap_err();
    assert_eq!((refusal.0, refusal.1.contains("expired since")), (39, true), "{}", refusal.1);
    assert_eq!(primary.newest_token().await.uses, 0);
    assert_eq!(primary.members().await, ["production", "staging"]);
    primary.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_clusters_at_once_use_a_token_no_more_than_it_allows() {
    let primary = std::sync::Arc::new(Primary::start().await);
    let token = primary.token(70, false).await;
    let mut joining = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (primary, token) = (primary.clone(), token.clone());
        joining.spawn(async move {
            Newcomer::named(&format!("cluster-{n:03}")).try_join(&primary, &token).await
        });
    }
    let outcomes = joining.join_all().await;
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(refused.len(), 30);
    assert!(refused.iter().all(|(code, text)| *code == 39 && text.contains("used up")));
    assert_eq!(primary.members().await.len(), 70);
    assert_eq!(primary.newest_token().await.uses, 70);
    std::sync::Arc::into_inner(primary).unwrap().stop().await;
}
