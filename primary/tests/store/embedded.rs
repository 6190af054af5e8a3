//! The embedded Postgres through its life and its accidents.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use palisade_primary::store::embedded::{Embedded, Options};
use palisade_primary::store::{Database, migrate, setting};

use crate::server::{TestDatabase, UNSYNCED, eventually, postmaster, servers};

async fn remember(database: &Database, value: u32) {
    setting::put(&mut database.acquire().await.unwrap(), "test", &value).await.unwrap();
}

async fn recall(database: &Database) -> Option<u32> {
    setting::get(&mut database.acquire().await.unwrap(), "test").await.unwrap()
}

fn kill_hard(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn it_starts_fresh_stops_without_a_trace_and_starts_again() {
    let test = TestDatabase::unmigrated().await;
    migrate::run(&test.database).await.unwrap();
    remember(&test.database, 1).await;
    assert!(!servers(test.dir.path()).is_empty());
    let dir = test.stop().await;
    assert!(servers(dir.path()).is_empty());
    assert_eq!(postmaster(dir.path()), None);

    let server = Embedded::start(dir.path(), UNSYNCED).await.unwrap();
    let database = Database::new(server.config());
    assert_eq!(recall(&database).await, Some(1));
    database.close().await;
    server.stop().await;
    assert!(servers(dir.path()).is_empty());
}

#[tokio::test]
async fn a_deep_folder_below_a_closed_one_will_do() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("d".repeat(120)).join("data");
    let server = Embedded::start(&deep, UNSYNCED).await.unwrap();
    Database::new(server.config()).ping().await.unwrap();
    server.stop().await;
}

/// A process that never notices keeps the next server out as long as it lives.
#[tokio::test]
async fn a_killed_postgres_is_started_again_though_one_of_its_processes_stays() {
    let test = TestDatabase::start().await;
    let killed = postmaster(test.dir.path()).unwrap();
    let deaf = servers(test.dir.path()).into_iter().find(|pid| *pid != killed).unwrap();
    kill(Pid::from_raw(deaf), Signal::SIGSTOP).unwrap();
    kill_hard(killed);
    let another = || postmaster(test.dir.path()).is_some_and(|pid| pid != killed);
    eventually("another server", another).await;
    assert!(!servers(test.dir.path()).contains(&deaf));
    test.stop().await;
}

#[tokio::test]
async fn a_killed_postgres_is_started_again_and_connections_recover() {
    let test = TestDatabase::start().await;
    remember(&test.database, 2).await;
    let killed = postmaster(test.dir.path()).unwrap();
    kill_hard(killed);
    let another = || postmaster(test.dir.path()).is_some_and(|pid| pid != killed);
    eventually("another server", another).await;
    let answered = async {
        while test.database.ping().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::server::PATIENCE, answered).await.unwrap();
    assert_eq!(recall(&test.database).await, Some(2));
    let dir = test.stop().await;
    assert!(servers(dir.path()).is_empty());
}

#[tokio::test]
async fn a_command_uses_the_server_of_the_running_primary() {
    let test = TestDatabase::start().await;
    let shared = Options { share: true, ..UNSYNCED };
    let server = Embedded::start(test.dir.path(), shared).await.unwrap();
    Database::new(server.config()).ping().await.unwrap();
    server.stop().await;
    test.database.ping().await.unwrap();
    test.stop().await;
}

/// `palisade-primary serve` on the data folder, killed when dropped.
struct Primary(Child);

impl Primary {
    fn start(data_dir: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade-primary"));
        command.arg("serve").arg("--data-dir").arg(data_dir);
        for listener in ["--rest-listen", "--portal-listen", "--federation-listen"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        command.env("PALISADE_POSTGRES_FSYNC", "off").stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn pid(&self) -> i32 {
        self.0.id() as i32
    }
}

impl Drop for Primary {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn a_killed_primary_takes_its_postgres_along_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let addresses = dir.path().join("addresses.json");
    let primary = Primary::start(dir.path());
    eventually("the first primary is up", || addresses.exists()).await;
    assert!(!servers(dir.path()).is_empty());
    kill_hard(primary.pid());
    eventually("its Postgres is gone", || servers(dir.path()).is_empty()).await;
    drop(primary);

    std::fs::remove_file(&addresses).unwrap();
    let mut primary = Primary::start(dir.path());
    eventually("the second primary is up", || addresses.exists()).await;
    kill(Pid::from_raw(primary.pid()), Signal::SIGTERM).unwrap();
    assert!(primary.0.wait().unwrap().success());
    assert!(servers(dir.path()).is_empty());
}

/// A command that runs as the user whose cluster it is.
fn as_owner_of(cluster: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"exec 9<"$0" && exec "$@""#]).arg(cluster);
    if nix::unistd::Uid::effective().is_root() {
        use std::os::unix::fs::MetadataExt as _;
        let owner = cluster.metadata().unwrap();
        command.arg("setpriv").arg(format!("--reuid={}", owner.uid()));
        command.arg(format!("--regid={}", owner.gid())).args(["--clear-groups", "--"]);
    }
    command
}

#[tokio::test]
async fn a_process_number_that_is_in_use_again_holds_up_nothing() {
    let test = TestDatabase::start().await;
    remember(&test.database, 3).await;
    let dir = test.stop().await;
    let cluster = dir.path().join("postgres");
    let mut another = as_owner_of(&cluster).args(["sleep", "120"]).spawn().unwrap();
    for stale in ["postmaster.pid", ".s.PGSQL.5432.lock"] {
        std::fs::write(cluster.join(stale), format!("{}\n", another.id())).unwrap();
    }

    let server = Embedded::start(dir.path(), UNSYNCED).await.unwrap();
    let database = Database::new(server.config());
    assert_eq!(recall(&database).await, Some(3));
    database.close().await;
    server.stop().await;
    another.kill().unwrap();
    another.wait().unwrap();
}

#[tokio::test]
async fn a_server_that_was_left_behind_is_stopped_first() {
    let test = TestDatabase::start().await;
    remember(&test.database, 3).await;
    let dir = test.dir;
    test.database.close().await;
    let left = postmaster(dir.path()).unwrap();
    // The same server again, without a supervisor.
    let argv = std::fs::read(format!("/proc/{left}/cmdline")).unwrap();
    let argv: Vec<&str> = argv
        .split(|byte| *byte == 0)
        .map(|argument| std::str::from_utf8(argument).unwrap())
        .filter(|argument| !argument.is_empty())
        .collect();
    test.server.stop().await;
    let mut command = as_owner_of(&dir.path().join("postgres"));
    let mut orphan = command.args(argv).stderr(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
    eventually("the orphan is up", || postmaster(dir.path()).is_some()).await;

    let server = Embedded::start(dir.path(), UNSYNCED).await.unwrap();
    orphan.wait().unwrap();
    let database = Database::new(server.config());
    assert_eq!(recall(&database).await, Some(3));
    database.close().await;
    server.stop().await;
    assert!(servers(dir.path()).is_empty());
}
