//! Members: how they stay, come home, leave and are removed.

use chrono::{TimeDelta, Utc};
use palisade_primary::federation::membership::{self, Ending};
use palisade_primary::store::{Actor, certificate};
use palisade_transport::certificate::serial;
use palisade_transport::client::ConnectError;
use palisade_transport::identity::SigningRequest;

use crate::agent::{Newcomer, leave, member_connection, refusal, renew, shut_out};
use crate::primary::Primary;

#[tokio::test]
async fn a_member_renews_leaves_and_is_shut_out() {
    let primary = Primary::start().await;
    let token = primary.token(2, false).await;
    let identity = Newcomer::named("staging").join(&primary, &token).await.unwrap();
    let life = identity.validity().not_after - primary.app.clock.now();
    assert!((life - TimeDelta::days(7)).abs() < TimeDelta::seconds(2), "{life}");
    assert_eq!(identity.membership().primary_name, "primary");
    let connection = member_connection(&primary, &identity).await.unwrap();

    let request = SigningRequest::generate().unwrap();
    let far = Utc::now() + TimeDelta::minutes(20);
    let refused = refusal(&renew(&connection, &request, far).await.unwrap_err());
    assert_eq!((refused.0, refused.1.contains("min ahead of")), (39, true), "{}", refused.1);
    let chain = renew(&connection, &request, Utc::now()).await.unwrap();
    let renewed = request.certified(chain, identity.membership().clone()).unwrap();
    let connection = member_connection(&primary, &renewed).await.unwrap();

    leave(&connection).await.unwrap();
    assert_eq!(primary.members().await, Vec::<String>::new());
    for gone in [&identity, &renewed] {
        let error = shut_out(&primary, gone).await;
        assert!(matches!(error, ConnectError::Revoked), "{error}");
    }
    // The connection that is still open is no way around it.
    let request = SigningRequest::generate().unwrap();
    let refused = refusal(&renew(&connection, &request, Utc::now()).await.unwrap_err());
    assert_eq!((refused.0, refused.1.contains("not a member")), (39, true), "{}", refused.1);
    // Its name is free again.
    Newcomer::named("staging").join(&primary, &token).await.unwrap();
    primary.stop().await;
}

#[tokio::test]
async fn a_newcomer_has_no_other_call_than_join() {
    let primary = Primary::start().await;
    let token = primary.token(1, false).await;
    let trust = palisade_transport::client::Trust::Fingerprint(token.authority);
    let connection = palisade_transport::client::connect(&primary.address, trust).await.unwrap();
    let request = SigningRequest::generate().unwrap();
    let refused = refusal(&renew(&connection, &request, Utc::now()).await.unwrap_err());
    assert_eq!(refused.0, 3, "{}", refused.1);
    assert_eq!(refusal(&leave(&connection).await.unwrap_err()).0, 3);
    primary.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_given_again_without_another_use() {
    let primary = Primary::start().await;
    let token = primary.token(1, false).await;
    let newcomer = Newcomer::named("staging");
    let first = newcomer.try_join(&primary, &token).await.unwrap();
    let again = newcomer.join(&primary, &token).await.unwrap();
    assert_eq!(again.membership().cluster_id, first.cluster_id);
    assert_eq!(primary.newest_token().await.uses, 1);
    member_connection(&primary, &again).await.unwrap();

    // Not for a request of somebody who was removed since.
    let actor = Actor::new("admin", "");
    let id = first.cluster_id;
    membership::remove(&primary.app, &actor, id, Ending::Kicked).await.unwrap();
    let error = shut_out(&primary, &again).await;
    assert!(matches!(error, ConnectError::Revoked), "{error}");
    primary.stop().await;
}

#[tokio::test]
async fn an_authority_has_cut_off_who_was_removed_or_replaced_and_not_who_left() {
    let primary = Primary::start().await;
    let token = primary.token(4, false).await;
    let mut members = Vec::new();
    for name in ["left", "removed", "replaced", "present"] {
        members.push(Newcomer::named(name).join(&primary, &token).await.unwrap());
    }
    leave(&member_connection(&primary, &members[0]).await.unwrap()).await.unwrap();
    let id = |at: usize| members[at].membership().cluster_id;
    let actor = Actor::new("admin", "");
    membership::remove(&primary.app, &actor, id(1), Ending::Kicked).await.unwrap();
    let mut conn = primary.database().acquire().await.unwrap();
    // As where another agent takes up its entry.
    certificate::revoke_of(&mut conn, id(2), primary.app.clock.now()).await.unwrap();
    let mut cut_off = certificate::cut_off(&mut conn, token.authority, 9).await.unwrap();
    cut_off.sort();
    let mut expected = [1, 2].map(|at: usize| serial(&members[at].chain()[0]).unwrap());
    expected.sort();
    assert_eq!(cut_off, expected);
    drop(conn);
    primary.stop().await;
}

#[tokio::test]
async fn there_is_one_home_and_it_needs_no_promotion() {
    let primary = Primary::start().await;
    let home = primary.token(2, true).await;
    let identity = Newcomer::named("production").join(&primary, &home).await.unwrap();
    assert!(identity.membership().home);
    let mut conn = primary.database().acquire().await.unwrap();
    let promoted = |f: palisade_primary::store::federation::Federation| f.promoted_at.is_some();
    assert!(!promoted(palisade_primary::store::federation::get(&mut conn).await.unwrap()));
    let refused = Newcomer::named("second").try_join(&primary, &home).await.unwrap_err();
    assert_eq!((refused.0, refused.1.contains("home cluster already")), (39, true));

    let remote = primary.token(1, false).await;
    assert!(!Newcomer::named("staging").join(&primary, &remote).await.unwrap().membership().home);
    assert!(promoted(palisade_primary::store::federation::get(&mut conn).await.unwrap()));
    drop(conn);
    primary.stop().await;
}
