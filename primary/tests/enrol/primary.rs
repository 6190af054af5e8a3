//! A primary in this process, with a database and a data folder of its own.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use palisade_api::clock::ManualClock;
use palisade_api::join_token::JoinTokenEnvelope;
use palisade_primary::config::{Config, ConfigArgs};
use palisade_primary::federation::token::{self, TokenRequest};
use palisade_primary::federation::{fanout, follow, link_upkeep};
use palisade_primary::shutdown::Shutdown;
use palisade_primary::store::member_kind::MemberKind;
use palisade_primary::store::token::Token;
use palisade_primary::store::{self, Actor, Database, Opened};
use palisade_primary::{App, grpc};
use palisade_transport::client::PrimaryAddress;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::prepared;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Primary {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) address: PrimaryAddress,
    opened: Opened,
    _dir: TempDir,
}

impl Primary {
    pub(crate) async fn start() -> Self {
        palisade_transport::install_crypto_provider();
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = PrimaryAddress { host: "127.0.0.1".to_owned(), port };
        let args = ConfigArgs {
            data_dir: Some(dir.path().to_str().unwrap().to_owned()),
            federation_address: Some(address.to_string()),
            ..ConfigArgs::default()
        };
        let mut config = Config::read(None, &args).unwrap();
        config.postgres_fsync = false;
        config.bootstrap_password = Some(PASSWORD.into());
        prepared::put_into(dir.path()).await;
        let opened = Opened::serving(&config).await.unwrap();
        prepared::renew_ids(&opened.database).await;
        let clock = ManualClock::new(Utc::now());
        let database = opened.database.clone();
        let app = App::open(Arc::new(config), database, clock.clone(), Shutdown::new());
        let app = app.await.unwrap();
        grpc::serve(&app, listener).unwrap();
        follow::watch(&app);
        fanout::run(app.links.feed(), &app.database, &app.shutdown);
        link_upkeep::run(&app.links, &app.database, &app.clock, &app.shutdown);
        Self { app, clock, address, opened, _dir: dir }
    }

    pub(crate) async fn stop(self) {
        self.app.shutdown.request();
        assert!(self.app.shutdown.drained(std::time::Duration::from_secs(20)).await);
        self.opened.close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.app.database
    }

    /// A token that is valid for an hour.
    pub(crate) async fn token(&self, uses: u32, home: bool) -> JoinTokenEnvelope {
        let kind = if home { MemberKind::Home } else { MemberKind::Remote };
        self.token_for(kind, uses).await
    }

    /// The same for members of a kind.
    pub(crate) async fn token_for(&self, kind: MemberKind, uses: u32) -> JoinTokenEnvelope {
        // No two tokens of one moment, so that the newest one is this one.
        self.clock.advance(TimeDelta::seconds(1));
        let mut tx = self.database().begin().await.unwrap();
        let federation = store::federation::get(&mut tx).await.unwrap();
        let address = palisade_primary::federation::address::federation_address(
            &self.app.config,
            &federation,
        );
        let (approval, labels) = (false, palisade_policy::cluster::ClusterLabels::default());
        let request = TokenRequest { uses, life: TimeDelta::hours(1), kind, approval, labels };
        let actor = Actor::new("admin", "");
        let now = self.app.clock.now();
        let made =
            token::create(&mut tx, &self.app.trust, &actor, request, address, now).await.unwrap();
        tx.commit().await.unwrap();
        decode(made.text.expose_secret())
    }

    /// The newest token, as the database has it.
    pub(crate) async fn newest_token(&self) -> Token {
        let mut conn = self.database().acquire().await.unwrap();
        store::token::list(&mut conn, 1).await.unwrap().remove(0)
    }

    /// The names of the members.
    pub(crate) async fn members(&self) -> Vec<String> {
        let mut conn = self.database().acquire().await.unwrap();
        let members = store::member::list(&mut conn).await.unwrap();
        members.into_iter().map(|member| member.name).collect()
    }
}

pub(crate) fn decode(text: &str) -> JoinTokenEnvelope {
    use base64::Engine as _;
    let json = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    serde_json::from_slice(&json).unwrap()
}
