//! The database that tests begin with: the first test of a build makes it, the others
//! copy it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use palisade_primary::store::embedded::{Embedded, Options};
use palisade_primary::store::{Database, migrate};

const OPTIONS: Options = Options { fsync: false, share: false };
/// The folder of the cluster in a data folder.
const CLUSTER: &str = "postgres";
/// How the names of the clusters begin that tests copy.
const TEMPLATE: &str = "postgres-of-";

/// Puts a migrated database into the data folder of a primary that has not started yet.
pub(crate) async fn put_into(data_dir: &Path) {
    fs::create_dir_all(data_dir).unwrap();
    let (template, _kept) = template().await;
    copy(&template, &data_dir.join(CLUSTER));
}

/// What a new database gets by chance is this one's own from now on.
pub(crate) async fn renew_ids(database: &Database) {
    let mut conn = database.acquire().await.unwrap();
    for renewal in [
        "UPDATE log SET epoch = (SELECT gen_random_uuid())",
        "UPDATE federation SET cluster_id = gen_random_uuid()",
    ] {
        sqlx::query(renewal).execute(&mut *conn).await.unwrap();
    }
}

/// The cluster to copy, and what keeps tests of another build from removing it meanwhile.
async fn template() -> (PathBuf, File) {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = fs::metadata(env!("CARGO_BIN_EXE_palisade-primary")).unwrap();
    let built = program.modified().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let template = home.join(format!("{TEMPLATE}{}", built.as_nanos()));
    loop {
        let shared = locked(home, File::lock_shared).await;
        if template.exists() {
            return (template, shared);
        }
        drop(shared);
        let alone = locked(home, File::lock).await;
        if !template.exists() {
            make(&template, home).await;
        }
        drop(alone);
    }
}

/// Two primaries of one test may wait for each other here.
async fn locked(home: &Path, lock: fn(&File) -> std::io::Result<()>) -> File {
    let file = File::create(home.join("postgres.lock")).unwrap();
    let locked = tokio::task::spawn_blocking(move || lock(&file).map(|()| file)).await;
    locked.unwrap().unwrap()
}

/// Makes the template in place of those of older builds.
async fn make(template: &Path, home: &Path) {
    for entry in fs::read_dir(home).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with(TEMPLATE) {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let fresh = tempfile::tempdir().unwrap();
    let server = Embedded::start(fresh.path(), OPTIONS).await.unwrap();
    let database = Database::new(server.config());
    migrate::run(&database).await.unwrap();
    database.close().await;
    server.stop().await;
    let unfinished = home.join(format!("{TEMPLATE}unfinished"));
    copy(&fresh.path().join(CLUSTER), &unfinished);
    fs::rename(unfinished, template).unwrap();
}

/// A copy that belongs to whom the original does.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("--archive").arg(from).arg(to).status().unwrap();
    assert!(copied.success(), "{} is not copied: {copied}", from.display());
}
