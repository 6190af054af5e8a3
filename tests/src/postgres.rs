//! A Postgres server for one test: over a Unix socket, as an unprivileged
//! user, without fsync (tests of crashes let the primary run its own server).

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User, chown};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::process::{Launch, Process};
use crate::{programs, wait};

const STOPS_WITHIN: Duration = Duration::from_mins(1);
/// The database of a primary.
const PRIMARY: &str = "palisade";
/// The one that each server has.
const FIRST: &str = "template1";
/// How the names of the folders begin that tests copy.
const TEMPLATE: &str = "postgres-of-";

/// A running server, gone with its last owner.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Process>,
    launch: Launch,
    dir: TempDir,
}

impl Postgres {
    /// Starts a server on a copy of the cluster that the first test of a build makes:
    /// with the database of a primary, which has its schema.
    pub async fn start() -> Result<Self> {
        let (bin, account) = (binaries()?, Account::of_server()?);
        let (template, kept) = template(&bin, &account).await?;
        let mut postgres = Self::without_cluster(&bin, &account)?;
        copy(&template, &postgres.data()).await?;
        drop(kept);
        postgres.resume().await?;
        Ok(postgres)
    }

    /// A server that does not run, in a folder of its own.
    fn without_cluster(bin: &Path, account: &Account) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("palisade-pg-").tempdir()?;
        std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755))?;
        account.own(dir.path())?;
        let socket_dir = dir.path().join("s");
        std::fs::create_dir(&socket_dir)?;
        account.own(&socket_dir)?;
        let launch = server(account, bin, &dir.path().join("data"), &socket_dir);
        Ok(Self { server: None, launch, dir })
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The address of a database, whether it exists or not.
    pub fn url(&self, database: &str) -> String {
        let socket_dir = self.dir.path().join("s");
        format!("postgres://palisade@localhost/{database}?host={}", socket_dir.display())
    }

    /// Creates an empty database and gives its address.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        let mut connection = PgConnection::connect(&self.url(PRIMARY)).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\"")))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(self.url(name))
    }

    /// The address of the database of a primary that has not started yet. All it has is
    /// its schema: what a new database gets by chance is its own.
    pub async fn primary_database(&self) -> Result<String> {
        let url = self.url(PRIMARY);
        let mut connection = PgConnection::connect(&url).await?;
        sqlx::raw_sql(
            "UPDATE log SET epoch = (SELECT gen_random_uuid());
             UPDATE federation SET cluster_id = gen_random_uuid();",
        )
        .execute(&mut connection)
        .await?;
        connection.close().await?;
        Ok(url)
    }

    /// Starts a standby that follows this server by streaming replication; from
    /// then on, what is committed here is there as well.
    pub async fn standby(&mut self) -> Result<Self> {
        let (bin, account) = (binaries()?, Account::of_server()?);
        let mut standby = Self::without_cluster(&bin, &account)?;
        account
            .launch("pg_basebackup", bin.join("pg_basebackup"))
            .arg("--host")
            .arg(self.dir.path().join("s"))
            .args(["--username", "palisade", "--checkpoint", "fast", "--wal-method", "stream"])
            .args(["--write-recovery-conf", "--no-sync", "--pgdata"])
            .arg(standby.data())
            .run(Duration::from_mins(1))
            .await?
            .ok()?;
        standby.resume().await?;
        // Settings of the command line, which the standby has not inherited: once
        // promoted, it has nobody to wait for.
        self.launch = self.launch.clone().args([
            "-c",
            "synchronous_standby_names=*",
            "-c",
            "synchronous_commit=on",
        ]);
        self.stop().await?;
        self.resume().await?;
        Ok(standby)
    }

    /// Makes a standby the server that takes writes.
    pub async fn promote(&self) -> Result<()> {
        let mut connection = PgConnection::connect(&self.url(FIRST)).await?;
        let promoted: bool =
            sqlx::query_scalar("SELECT pg_promote(true, 30)").fetch_one(&mut connection).await?;
        connection.close().await?;
        ensure!(promoted, "the standby was not promoted in time");
        Ok(())
    }

    /// The address of a database on this server or, after a failover, on `other`.
    pub fn url_with(&self, other: &Self, database: &str) -> String {
        let hosts = [self, other].map(|server| server.dir.path().join("s").display().to_string());
        format!("postgres://palisade@localhost/{database}?host={}", hosts.join(","))
    }

    /// From now on what was committed outlives [`Self::kill`]. Not the machine: the
    /// server still does not wait for the disk.
    pub async fn outlive_kills(&mut self) -> Result<()> {
        self.launch = self.launch.clone().args(["-c", "synchronous_commit=on"]);
        self.stop().await?;
        self.resume().await
    }

    /// `kill -9`, and waits until those whom the server started have noticed.
    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill().await?;
        }
        let data = self.data().canonicalize()?;
        let works_there = |process: std::fs::DirEntry| {
            std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == data)
        };
        wait::until("all of Postgres has ended", || async {
            Ok(wait::when(!std::fs::read_dir("/proc")?.flatten().any(works_there)))
        })
        .await
    }

    /// Stops the server at once; open transactions are rolled back.
    pub async fn stop(&mut self) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            server.stop(Signal::SIGINT, STOPS_WITHIN).await?;
        }
        Ok(())
    }

    /// Starts the stopped server again with all that it held.
    pub async fn resume(&mut self) -> Result<()> {
        self.server = Some(self.launch.spawn(self.dir.path())?);
        let url = self.url(FIRST);
        wait::until("Postgres accepts connections", || async {
            let connection = PgConnection::connect(&url).await?;
            connection.close().await?;
            Ok(Some(()))
        })
        .await
    }
}

/// Killed, it would leave its shared memory to the system, which has a bounded number
/// of such.
impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.quit(Signal::SIGQUIT);
        }
    }
}

fn server(account: &Account, bin: &Path, data: &Path, socket_dir: &Path) -> Launch {
    account
        .launch("postgres", bin.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-c", "listen_addresses=", "-c", "fsync=off"])
        .args(["-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
        .args(["-c", "shared_buffers=32MB", "-c", "autovacuum=off"])
        .args(["-c", "max_connections=200", "-c", "max_wal_size=1GB"])
        // A standby finds what it has not had, in however small files.
        .args(["-c", "wal_keep_size=64MB"])
        .arg("-c")
        .arg(format!("unix_socket_directories={}", socket_dir.display()))
}

fn binaries() -> Result<PathBuf> {
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let major = path.file_name()?.to_str()?.parse().ok()?;
            Some((major, path.join("bin")))
        })
        .collect();
    installed.sort();
    let more: Vec<PathBuf> = installed.into_iter().rev().map(|(_, bin)| bin).collect();
    let initdb = programs::system("initdb", &more)?.canonicalize()?;
    Ok(initdb.parent().context("initdb lies in no folder")?.to_path_buf())
}

/// Who runs the server: Postgres refuses to run as root.
enum Account {
    Own,
    Unprivileged { uid: u32, gid: u32 },
}

impl Account {
    fn of_server() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self::Own);
        }
        let nobody = User::from_name("nobody")?.context("no user named nobody")?;
        Ok(Self::Unprivileged { uid: nobody.uid.as_raw(), gid: nobody.gid.as_raw() })
    }

    fn own(&self, path: &Path) -> Result<()> {
        if let Self::Unprivileged { uid, gid } = self {
            chown(path, Some((*uid).into()), Some((*gid).into()))?;
        }
        Ok(())
    }

    fn launch(&self, name: &str, program: PathBuf) -> Launch {
        let launch = Launch::new(name, program);
        match self {
            Self::Own => launch.interrupted_with_test(),
            Self::Unprivileged { uid, gid } => launch.as_user(*uid, *gid),
        }
    }
}

/// A cluster with the database of a primary, made once a build of the program, and what
/// keeps tests of another build from removing it meanwhile.
async fn template(bin: &Path, account: &Account) -> Result<(PathBuf, File)> {
    let home = programs::build_dir()?.join("palisade-tests");
    std::fs::create_dir_all(&home)?;
    let built = std::fs::metadata(programs::primary()?)?.modified()?;
    let built = built.duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    let template = home.join(format!("{TEMPLATE}{built}"));
    loop {
        let shared = locked(&home, File::lock_shared).await?;
        if template.exists() {
            return Ok((template, shared));
        }
        drop(shared);
        let alone = locked(&home, File::lock).await?;
        if !template.exists() {
            make(&template, &home, bin, account).await?;
        }
        drop(alone);
    }
}

async fn locked(home: &Path, lock: fn(&File) -> std::io::Result<()>) -> Result<File> {
    let file = File::create(home.join("postgres.lock"))?;
    Ok(tokio::task::spawn_blocking(move || lock(&file).map(|()| file)).await??)
}

/// Makes the template in place of those of older builds.
async fn make(template: &Path, home: &Path, bin: &Path, account: &Account) -> Result<()> {
    for entry in std::fs::read_dir(home)?.collect::<Result<Vec<_>, _>>()? {
        if entry.file_name().to_string_lossy().starts_with(TEMPLATE) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    let unfinished = home.join(format!("{TEMPLATE}unfinished"));
    copy(&prepared(bin, account).await?.data(), &unfinished).await?;
    Ok(std::fs::rename(&unfinished, template)?)
}

/// A stopped server whose cluster has what tests begin with.
async fn prepared(bin: &Path, account: &Account) -> Result<Postgres> {
    let mut postgres = Postgres::without_cluster(bin, account)?;
    account
        .launch("initdb", bin.join("initdb"))
        .arg("--pgdata")
        .arg(postgres.data())
        .args(["--username", "palisade", "--auth", "trust", "--no-sync"])
        .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
        // Small files of the log, since each test copies one at least.
        .arg("--wal-segsize=1")
        .run(Duration::from_mins(1))
        .await?
        .ok()?;
    postgres.resume().await?;
    // No database more than needed: each has three hundred files.
    let mut connection = PgConnection::connect(&postgres.url(FIRST)).await?;
    for statement in [
        "ALTER DATABASE postgres RENAME TO palisade",
        "ALTER DATABASE template0 IS_TEMPLATE false",
        "DROP DATABASE template0",
    ] {
        sqlx::query(statement).execute(&mut connection).await?;
    }
    connection.close().await?;
    let url = postgres.url(PRIMARY);
    // Whatever a command does, it does with its own schema.
    Launch::new("prepare", programs::primary()?)
        .args(["token", "list", "--database-url", &url, "--data-dir"])
        .arg(postgres.dir.path().join("primary"))
        .run(Duration::from_mins(1))
        .await?
        .ok()?;
    postgres.stop().await?;
    Ok(postgres)
}

async fn copy(from: &Path, to: &Path) -> Result<()> {
    Launch::new("cp", programs::system("cp", &[])?)
        .arg("--archive")
        .arg(from)
        .arg(to)
        .run(Duration::from_mins(1))
        .await?
        .ok()?;
    Ok(())
}
