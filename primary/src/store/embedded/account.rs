//! The system user that the server runs as.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, chown};

use super::EmbeddedError;

/// Users that a primary started by root may run the server as, best first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The system user that the server runs as.
#[derive(Clone, Debug)]
pub(super) struct Account {
    uid: Uid,
    gid: Gid,
    name: String,
    /// Whether this process must change to it.
    pub(super) change: bool,
}

impl Account {
    /// This process's own user, unless that is root: then the owner of the
    /// cluster or of the data folder, or one of [`UNPRIVILEGED`].
    pub(super) fn choose(data_dir: &Path, cluster: &Path) -> Result<Self, EmbeddedError> {
        let own = Uid::effective();
        let owner = |path: &Path| path.metadata().ok().map(|metadata| metadata.uid());
        let cluster_owner = owner(cluster);
        if !own.is_root() {
            if let Some(owner) = cluster_owner.filter(|owner| *owner != own.as_raw()) {
                return Err(EmbeddedError::ForeignOwner { path: cluster.to_owned(), owner });
            }
            let name = user(own).map_or_else(|| own.to_string(), |user| user.name);
            return Ok(Self { uid: own, gid: Gid::effective(), name, change: false });
        }
        cluster_owner
            .or_else(|| owner(data_dir))
            .filter(|uid| *uid != 0)
            .and_then(|uid| user(Uid::from_raw(uid)))
            .or_else(|| UNPRIVILEGED.iter().find_map(|name| User::from_name(name).ok().flatten()))
            .map(|user| Self { uid: user.uid, gid: user.gid, name: user.name, change: true })
            .ok_or(EmbeddedError::NoAccount)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn uid(&self) -> u32 {
        self.uid.as_raw()
    }

    pub(super) fn gid(&self) -> u32 {
        self.gid.as_raw()
    }

    /// Hands a file or folder to the user.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.change {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(|errno| EmbeddedError::file("change the owner of", path)(errno.into()))
    }
}

fn user(uid: Uid) -> Option<User> {
    User::from_uid(uid).ok().flatten()
}

/// The users whose processes may connect: this process's, root, and the
/// server's own.
pub(super) fn admitted(account: &Account) -> Vec<String> {
    let own = user(Uid::effective()).map(|user| user.name);
    let mut names: Vec<String> =
        own.into_iter().chain(["root".to_owned(), account.name.clone()]).collect();
    names.sort();
    names.dedup();
    names
}
