//! A primary and agents over real sockets: who is let in, who is refused, and
//! what each side learns of it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::Digest;
use palisade_api::federation::enrol_client::EnrolClient;
use palisade_api::federation::enrol_server::{Enrol, EnrolServer};
use palisade_api::federation::{
    IntroduceRequest, IntroduceResponse, JoinRequest, JoinResponse, LeaveRequest, LeaveResponse,
    RenewRequest, RenewResponse, RevokedRequest, RevokedResponse,
};
use palisade_transport::authority::{Authority, AuthorityError};
use palisade_transport::certificate::{cluster_of, validity};
use palisade_transport::client::{ConnectError, PrimaryAddress, PrimaryConnection, Trust, connect};
use palisade_transport::identity::{IdentityError, MemberIdentity, Membership, SigningRequest};
use palisade_transport::seal::Sealer;
use palisade_transport::server::{
    self, Limits, ListenerCertificate, MemberGate, PeerAddress, PeerCluster, RemovedMembers,
    TrustedAuthorities,
};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// Answers Renew with the id of the member that asks.
struct Mirror;

#[tonic::async_trait]
impl Enrol for Mirror {
    async fn introduce(
        &self,
        _: Request<IntroduceRequest>,
    ) -> Result<Response<IntroduceResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn join(&self, _: Request<JoinRequest>) -> Result<Response<JoinResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn renew(
        &self,
        request: Request<RenewRequest>,
    ) -> Result<Response<RenewResponse>, Status> {
        let PeerCluster(cluster) = request.extensions().get().copied().unwrap();
        assert!(request.extensions().get::<PeerAddress>().unwrap().0.ip().is_loopback());
        let name = cluster.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
        let authority = name.into_bytes().into();
        Ok(Response::new(RenewResponse { authority, ..RenewResponse::default() }))
    }

    async fn leave(&self, _: Request<LeaveRequest>) -> Result<Response<LeaveResponse>, Status> {
        Ok(Response::new(LeaveResponse {}))
    }

    async fn revoked(
        &self,
        _: Request<RevokedRequest>,
    ) -> Result<Response<RevokedResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

struct Primary {
    authority: Authority,
    certificate: ListenerCertificate,
    removed: Arc<RemovedMembers>,
    trusted: TrustedAuthorities,
    address: PrimaryAddress,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Primary {
    async fn start() -> Self {
        Self::start_at(Utc::now(), TimeDelta::days(30)).await
    }

    /// A primary whose certificate was issued at `now`.
    async fn start_at(now: DateTime<Utc>, lifetime: TimeDelta) -> Self {
        let authority = Authority::create(now).unwrap();
        let issued = authority.issue_server(&[], now, lifetime).unwrap();
        let certificate = ListenerCertificate::issued(&issued).unwrap();
        let removed = Arc::new(RemovedMembers::default());
        let gate: Arc<dyn MemberGate> = removed.clone();
        let trusted =
            TrustedAuthorities::new(std::slice::from_ref(authority.certificate())).unwrap();
        let tls = server::federation_config(trusted.clone(), certificate.clone(), gate).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let routes = Routes::new(EnrolServer::new(Mirror)).prepare();
        let limits =
            Limits { handshakes: 2, drain: Duration::from_millis(300), ..Limits::FEDERATION };
        let task = tokio::spawn(server::serve(listener, tls, routes, limits, stop.clone()));
        let address = PrimaryAddress { host: "127.0.0.1".to_owned(), port };
        Self { authority, certificate, removed, trusted, address, stop, task }
    }

    /// A member whose certificate was signed at `now`.
    fn member(&self, id: u128, now: DateTime<Utc>, lifetime: TimeDelta) -> MemberIdentity {
        let cluster = cluster(id);
        let request = SigningRequest::generate().unwrap();
        let issued = self.authority.sign_member(request.der(), cluster, now, lifetime).unwrap();
        request.certified(issued.chain, self.membership(cluster)).unwrap()
    }

    fn membership(&self, cluster_id: ClusterId) -> Membership {
        Membership {
            cluster_id,
            name: "staging".to_owned(),
            home: false,
            primary_id: cluster(99),
            primary_name: "primary".to_owned(),
            primary_address: self.address.to_string(),
            former_addresses: Vec::new(),
            announced_address: None,
            authorities: vec![self.authority.certificate().clone()],
        }
    }

    async fn connect(&self, trust: Trust<'_>) -> Result<PrimaryConnection, ConnectError> {
        connect(&self.address, trust).await
    }
}

fn cluster(id: u128) -> ClusterId {
    format!("{id:032x}").parse().unwrap()
}

/// Who the primary takes the caller for.
async fn whoami(connection: &PrimaryConnection) -> Result<String, Status> {
    let answer = EnrolClient::new(connection.channel()).renew(RenewRequest::default()).await?;
    Ok(String::from_utf8(answer.into_inner().authority.to_vec()).unwrap())
}

/// What the connection remembers after the primary has refused it.
async fn refusal(primary: &Primary, identity: &MemberIdentity) -> ConnectError {
    match primary.connect(Trust::Member(identity)).await {
        Err(error) => error,
        Ok(connection) => {
            whoami(&connection).await.unwrap_err();
            connection.failure().cloned().expect("the connection knows why")
        }
    }
}

#[tokio::test]
async fn a_newcomer_trusts_by_fingerprint_and_a_member_is_recognised() {
    let primary = Primary::start().await;
    let fingerprint = primary.authority.fingerprint();
    let newcomer = primary.connect(Trust::Fingerprint(fingerprint)).await.unwrap();
    assert_eq!(whoami(&newcomer).await.unwrap(), "nobody");
    assert_eq!(newcomer.authority(), Some(primary.authority.certificate()));

    let member = primary.member(7, Utc::now(), TimeDelta::days(7));
    let connection = primary.connect(Trust::Member(&member)).await.unwrap();
    assert_eq!(whoami(&connection).await.unwrap(), cluster(7).to_string());
    assert!(connection.failure().is_none());
}

#[tokio::test]
async fn another_authority_is_refused_by_the_agent() {
    let (primary, other) = (Primary::start().await, Primary::start().await);
    let expected = other.authority.fingerprint();
    let error = primary.connect(Trust::Fingerprint(expected)).await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::AnotherAuthority { expected: e, .. } if *e == expected),
        "{error}"
    );
    assert!(!error.is_transient());
    let stranger = other.member(7, Utc::now(), TimeDelta::days(7));
    let error = primary.connect(Trust::Member(&stranger)).await.unwrap_err();
    assert!(matches!(error, ConnectError::AnotherAuthority { .. }), "{error}");
}

/// Shows the right authority in its chain, but has no certificate of it.
#[tokio::test]
async fn the_right_authority_in_the_chain_of_another_does_not_help() {
    let (primary, thief) = (Primary::start().await, Primary::start().await);
    let own = thief.authority.issue_server(&[], Utc::now(), TimeDelta::days(1)).unwrap();
    let chain = vec![own.issued.chain[0].clone(), primary.authority.certificate().clone()];
    thief.certificate.replace(chain, &own.key).unwrap();
    let error =
        thief.connect(Trust::Fingerprint(primary.authority.fingerprint())).await.unwrap_err();
    assert!(matches!(error, ConnectError::AnotherAuthority { .. }), "{error}");
}

/// A member's certificate must not serve to play the primary.
#[tokio::test]
async fn a_member_cannot_play_the_primary() {
    let primary = Primary::start().await;
    let key = rcgen_key();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let issued = primary
        .authority
        .sign_member(request.der(), cluster(7), Utc::now(), TimeDelta::days(7))
        .unwrap();
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    primary.certificate.replace(issued.chain, &key).unwrap();
    let fingerprint = primary.authority.fingerprint();
    let error = primary.connect(Trust::Fingerprint(fingerprint)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");
}

#[tokio::test]
async fn a_removed_member_is_refused_at_the_handshake() {
    let primary = Primary::start().await;
    let member = primary.member(7, Utc::now(), TimeDelta::days(7));
    let other = primary.member(8, Utc::now(), TimeDelta::days(7));
    primary.removed.extend(&[cluster(7)]);
    let error = refusal(&primary, &member).await;
    assert!(matches!(error, ConnectError::Revoked), "{error}");
    let connection = primary.connect(Trust::Member(&other)).await.unwrap();
    assert_eq!(whoami(&connection).await.unwrap(), cluster(8).to_string());
}

#[tokio::test]
async fn an_expired_certificate_is_told_from_a_removal() {
    let primary = Primary::start().await;
    let member = primary.member(7, Utc::now() - TimeDelta::days(8), TimeDelta::days(7));
    let error = refusal(&primary, &member).await;
    assert!(matches!(error, ConnectError::OwnCertificateExpired), "{error}");
}

#[tokio::test]
async fn a_primary_whose_certificate_ended_points_to_the_clocks() {
    let ended = Utc::now() - TimeDelta::days(40);
    let primary = Primary::start_at(ended, TimeDelta::days(30)).await;
    let fingerprint = primary.authority.fingerprint();
    let error = primary.connect(Trust::Fingerprint(fingerprint)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Clock { expired: true, .. }), "{error}");
    assert!(error.to_string().contains("clock"), "{error}");
    // A primary that lives two hours in the agent's future is no matter of TLS.
    let ahead = Primary::start_at(Utc::now() + TimeDelta::hours(2), TimeDelta::days(30)).await;
    let connection =
        ahead.connect(Trust::Fingerprint(ahead.authority.fingerprint())).await.unwrap();
    assert_eq!(whoami(&connection).await.unwrap(), "nobody");
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    // Taken, and nobody listens there.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = taken.local_addr().unwrap().port();
    let address = PrimaryAddress { host: "127.0.0.1".to_owned(), port };
    let error = connect(&address, Trust::Fingerprint(Digest::of(b"x"))).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn the_certificate_is_replaced_without_a_restart() {
    let primary = Primary::start().await;
    let fingerprint = primary.authority.fingerprint();
    primary.connect(Trust::Fingerprint(fingerprint)).await.unwrap();
    let next = Authority::create(Utc::now()).unwrap();
    let issued = next.issue_server(&[], Utc::now(), TimeDelta::days(1)).unwrap();
    primary.certificate.replace(issued.issued.chain, &issued.key).unwrap();
    primary.connect(Trust::Fingerprint(next.fingerprint())).await.unwrap();
    assert!(primary.connect(Trust::Fingerprint(fingerprint)).await.is_err());
}

#[tokio::test]
async fn silent_and_babbling_clients_do_not_hold_up_the_others() {
    let primary = Primary::start().await;
    let port = primary.address.port;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    let mut babbling = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    babbling.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    // Two handshakes at once, and none of these has a turn.
    let connection =
        primary.connect(Trust::Fingerprint(primary.authority.fingerprint())).await.unwrap();
    assert_eq!(whoami(&connection).await.unwrap(), "nobody");
    let mut rest = Vec::new();
    babbling.read_to_end(&mut rest).await.ok();
    assert!(!rest.starts_with(b"HTTP"), "plain text is not answered");
}

#[tokio::test]
async fn shutdown_ends_idle_connections_and_the_loop() {
    let primary = Primary::start().await;
    let connection =
        primary.connect(Trust::Fingerprint(primary.authority.fingerprint())).await.unwrap();
    whoami(&connection).await.unwrap();
    primary.stop.cancel();
    tokio::time::timeout(Duration::from_mins(1), primary.task).await.unwrap().unwrap();
    whoami(&connection).await.unwrap_err();
}

#[tokio::test]
async fn a_tampered_or_foreign_request_is_not_signed() {
    let authority = Authority::create(Utc::now()).unwrap();
    let sign = |der: &[u8]| {
        let signed = authority.sign_member(der, cluster(7), Utc::now(), TimeDelta::days(7));
        signed.map(|issued| public_key(&issued.chain[0]))
    };
    let request = SigningRequest::generate().unwrap();
    let key = sign(request.der()).unwrap();
    let mut refused = 0;
    for at in 0..request.der().len() {
        let mut tampered = request.der().to_vec();
        tampered[at] ^= 1;
        match sign(&tampered) {
            // Some bits outside of what is signed mean nothing.
            Ok(signed) => assert_eq!(signed, key, "byte {at}"),
            Err(error) => {
                refused += usize::from(matches!(error, AuthorityError::RequestSignature));
            }
        }
    }
    assert!(refused > 128, "changes of key and signature are found by the signature: {refused}");
    let ed25519 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let foreign = rcgen::CertificateParams::default().serialize_request(&ed25519).unwrap();
    assert!(matches!(sign(foreign.der()), Err(AuthorityError::RequestAlgorithm)));
    assert!(matches!(sign(&[0x30; 10_000]), Err(AuthorityError::MalformedRequest)));
}

/// What a request asks for beside its key counts for nothing.
#[tokio::test]
async fn a_request_cannot_ask_for_names_or_powers() {
    let authority = Authority::create(Utc::now()).unwrap();
    let key = rcgen_key();
    let mut params =
        rcgen::CertificateParams::new(vec![palisade_transport::PRIMARY_NAME.to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let request = params.serialize_request(&key).unwrap();
    let issued =
        authority.sign_member(request.der(), cluster(7), Utc::now(), TimeDelta::days(7)).unwrap();
    let leaf = &issued.chain[0];
    assert_eq!(cluster_of(leaf).unwrap(), Some(cluster(7)));
    let (_, parsed) = x509_parser::parse_x509_certificate(leaf).unwrap();
    assert!(!parsed.is_ca());
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    let names = parsed.subject_alternative_name().unwrap().unwrap().value;
    assert_eq!(names.general_names.len(), 1);
}

#[test]
fn certificates_last_as_long_as_asked_and_renew_at_two_thirds() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let authority = Authority::create(now).unwrap();
    let request = SigningRequest::generate().unwrap();
    let issued = authority.sign_member(request.der(), cluster(7), now, TimeDelta::days(7)).unwrap();
    assert_eq!(issued.validity.not_before, now - TimeDelta::minutes(5));
    assert_eq!(issued.validity.not_after, now + TimeDelta::days(7));
    assert!(!issued.validity.renewal_due(now + TimeDelta::hours(111)));
    assert!(issued.validity.renewal_due(now + TimeDelta::hours(112)));
    let server = authority.issue_server(&[], now, TimeDelta::days(30)).unwrap();
    assert_eq!(server.issued.validity.not_before, now - TimeDelta::days(1));
    // Nothing outlives the authority.
    let late = now + TimeDelta::days(3649);
    let last = authority.issue_server(&[], late, TimeDelta::days(30)).unwrap();
    assert_eq!(
        last.issued.validity.not_after,
        validity(authority.certificate()).unwrap().not_after
    );
}

#[test]
fn a_renewal_is_spread_and_never_at_once_however_short_the_life() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let authority = Authority::create(now).unwrap();
    let request = SigningRequest::generate().unwrap();
    let mut rng = StdRng::seed_from_u64(7);
    for seconds in [6, 60, 120, 300, 3_600, 604_800] {
        let lifetime = TimeDelta::seconds(seconds);
        let life = lifetime.to_std().unwrap();
        let issued = authority.sign_member(request.der(), cluster(7), now, lifetime).unwrap();
        let mut until = |at| issued.validity.until_renewal(at, &mut rng);
        let pauses: BTreeSet<Duration> = (0..100).map(|_| until(now)).collect();
        let (first, last) = (*pauses.first().unwrap(), *pauses.last().unwrap());
        assert!(life / 3 <= first && last <= life * 2 / 3, "{lifetime}: {first:?} to {last:?}");
        assert!(last > first + life / 20, "{lifetime}: {first:?} to {last:?}");
        // By a clock that is ahead each certificate is as good as over when it comes.
        for ahead in [lifetime * 9 / 10, lifetime, lifetime * 2] {
            let pause = until(now + ahead);
            assert!(Duration::from_secs(1) <= pause && pause <= Duration::from_mins(1));
        }
    }
}

#[test]
fn an_authority_is_stored_sealed_and_taken_up_again() {
    let own = Sealer::from_text(&SecretString::from("11".repeat(32))).unwrap();
    let authority = Authority::create(Utc::now()).unwrap();
    let sealed = authority.sealed_key(&own).unwrap();
    let again = Authority::open(authority.certificate().clone(), &sealed, &own).unwrap();
    assert_eq!(again.fingerprint(), authority.fingerprint());
    let other = Authority::create(Utc::now()).unwrap();
    let mixed = Authority::open(other.certificate().clone(), &sealed, &own);
    assert!(matches!(mixed, Err(AuthorityError::KeyMismatch)));
    let stranger = Sealer::from_text(&SecretString::from("22".repeat(32))).unwrap();
    let unsealed = Authority::open(authority.certificate().clone(), &sealed, &stranger);
    assert!(matches!(unsealed, Err(AuthorityError::Seal(_))));
}

#[tokio::test]
async fn an_identity_survives_a_restart_and_serves() {
    let primary = Primary::start().await;
    let folder = tempfile::tempdir().unwrap();
    assert!(MemberIdentity::load(folder.path()).unwrap().is_none());
    let member = primary.member(7, Utc::now(), TimeDelta::days(7));
    member.store(folder.path()).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 1);
    let mode = std::os::unix::fs::PermissionsExt::mode(&files[0].metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let loaded = MemberIdentity::load(folder.path()).unwrap().unwrap();
    assert_eq!(loaded.membership(), member.membership());
    assert_eq!(loaded.validity(), member.validity());
    let connection = primary.connect(Trust::Member(&loaded)).await.unwrap();
    assert_eq!(whoami(&connection).await.unwrap(), cluster(7).to_string());

    std::fs::write(files[0].path(), b"{").unwrap();
    assert!(matches!(MemberIdentity::load(folder.path()), Err(IdentityError::Damaged { .. })));
    MemberIdentity::forget(folder.path()).unwrap();
    MemberIdentity::forget(folder.path()).unwrap();
    assert!(MemberIdentity::load(folder.path()).unwrap().is_none());
}

#[test]
fn a_certificate_for_another_key_or_cluster_is_not_taken() {
    let authority = Authority::create(Utc::now()).unwrap();
    let (mine, theirs) = (SigningRequest::generate().unwrap(), SigningRequest::generate().unwrap());
    let sign = |request: &SigningRequest, id| {
        let lifetime = TimeDelta::days(7);
        authority.sign_member(request.der(), cluster(id), Utc::now(), lifetime).unwrap().chain
    };
    let membership = Membership {
        cluster_id: cluster(7),
        name: "staging".to_owned(),
        home: false,
        primary_id: cluster(99),
        primary_name: "primary".to_owned(),
        primary_address: "127.0.0.1:1".to_owned(),
        former_addresses: Vec::new(),
        announced_address: None,
        authorities: vec![authority.certificate().clone()],
    };
    let (for_them, for_eight) = (sign(&theirs, 7), sign(&theirs, 8));
    let taken = mine.certified(for_them, membership.clone());
    assert!(matches!(taken, Err(IdentityError::Mismatch("another key"))));
    let taken = theirs.certified(for_eight, membership);
    assert!(matches!(taken, Err(IdentityError::Mismatch("another cluster"))));
}

#[test]
fn addresses_are_host_and_port() {
    for (text, host, port) in [
        ("primary.example:11443", "primary.example", 11443),
        ("[fd00::1]:11443", "fd00::1", 11443),
        ("10.0.0.1:1", "10.0.0.1", 1),
    ] {
        let address: PrimaryAddress = text.parse().unwrap();
        assert_eq!((address.host.as_str(), address.port), (host, port));
        assert_eq!(address.to_string(), text);
    }
    for bad in ["", "primary", ":1", "a:0", "a:65536", "fd00::1:11443", "[fd00::1:1", "a b:1"] {
        assert!(bad.parse::<PrimaryAddress>().is_err(), "{bad}");
    }
}

#[test]
fn nonsense_is_not_a_certificate() {
    let nonsense = CertificateDer::from(vec![0x30, 0x82, 0xff, 0xff]);
    assert!(cluster_of(&nonsense).is_err());
    assert!(validity(&nonsense).is_err());
}

fn public_key(certificate: &CertificateDer<'_>) -> Vec<u8> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).unwrap();
    parsed.public_key().subject_public_key.data.to_vec()
}

fn rcgen_key() -> rcgen::KeyPair {
    rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_the_next_one_of_the_same_member_is_not() {
    let primary = Primary::start().await;
    let old = primary.member(1, Utc::now(), TimeDelta::days(1));
    let new = primary.member(1, Utc::now(), TimeDelta::days(1));
    let serial = palisade_transport::certificate::serial(&old.chain()[0]).unwrap();
    primary.removed.revoke(&[serial]);
    assert!(matches!(refusal(&primary, &old).await, ConnectError::Revoked));
    let connection = primary.connect(Trust::Member(&new)).await.unwrap();
    assert_eq!(whoami(&connection).await.unwrap(), cluster(1).to_string());
}

#[tokio::test]
async fn while_an_authority_is_replaced_each_side_sees_one_that_it_trusts() {
    let primary = Primary::start().await;
    let successor = Authority::create(Utc::now()).unwrap();
    let (old, new) = (primary.authority.certificate(), successor.certificate());
    let issue = |by: &Authority| by.issue_server(&[], Utc::now(), TimeDelta::days(1)).unwrap();
    primary.trusted.replace(&[old.clone(), new.clone()]).unwrap();
    primary.certificate.replace_all(&[issue(&primary.authority), issue(&successor)]).unwrap();

    let member = |by: &Authority, trusts: &[&CertificateDer<'static>]| {
        let request = SigningRequest::generate().unwrap();
        let life = TimeDelta::days(1);
        let issued = by.sign_member(request.der(), cluster(1), Utc::now(), life).unwrap();
        let authorities = trusts.iter().map(|one| (*one).clone()).collect();
        let membership = Membership { authorities, ..primary.membership(cluster(1)) };
        request.certified(issued.chain, membership).unwrap()
    };
    for (identity, shown) in [
        // One that was away, one that has learnt of both, one that joined later.
        (member(&primary.authority, &[old]), old),
        (member(&primary.authority, &[old, new]), new),
        (member(&successor, &[new]), new),
    ] {
        let connection = primary.connect(Trust::Member(&identity)).await.unwrap();
        assert_eq!(whoami(&connection).await.unwrap(), cluster(1).to_string());
        assert_eq!(connection.authority(), Some(shown));
    }
    // A token of either is good.
    for authority in [&primary.authority, &successor] {
        let trust = Trust::Fingerprint(authority.fingerprint());
        let connection = primary.connect(trust).await.unwrap();
        assert_eq!(connection.authority(), Some(authority.certificate()));
    }
    // Afterwards the old one is nothing any more.
    primary.trusted.replace(std::slice::from_ref(new)).unwrap();
    primary.certificate.replace_all(&[issue(&successor)]).unwrap();
    let away = member(&primary.authority, &[old]);
    assert!(matches!(refusal(&primary, &away).await, ConnectError::AnotherAuthority { .. }));
    let stale = member(&primary.authority, &[old, new]);
    assert!(matches!(refusal(&primary, &stale).await, ConnectError::OwnCertificateRefused { .. }));
}
