//! The containers that run: groups of processes whose cgroup bears the id of a
//! container.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use palisade_api::rest::workload::Workload;

use super::engine::{self, EngineRecord};
use super::{NodePaths, text};
use crate::event::rfc3339;

/// Processes that are looked at, at most.
const MOST_PROCESSES: usize = 1 << 20;
/// Digits of a container's id.
const ID: usize = 64;
/// The kernel tells times of processes in hundredths of a second to programs.
const TICKS_MS: u64 = 10;

/// A container that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// 64 hex digits.
    pub id: String,
    /// The oldest of its processes.
    pub pid: u32,
    /// The name of that process.
    pub command: String,
    /// The uid of its pod; empty outside Kubernetes.
    pub pod_uid: String,
    /// Whether that process is root's.
    pub run_as_root: bool,
    /// When that process was started, Unix milliseconds; 0 when unknown.
    pub started_ms: i64,
    /// What the container engine says of it.
    pub engine: EngineRecord,
}

impl Container {
    /// Its root folder.
    pub fn root(&self, paths: &NodePaths) -> PathBuf {
        root_of(&paths.proc.join(self.pid.to_string()))
    }

    /// It as a workload, with what is known.
    pub fn workload(&self, host_name: &str, host_id: &str) -> Workload {
        let short = self.id.get(..12).unwrap_or(&self.id);
        let named = |name: &str, other: String| if name.is_empty() { other } else { name.into() };
        Workload {
            id: self.id.clone(),
            name: named(&self.engine.name, self.id.clone()),
            display_name: named(&self.engine.name, format!("{} ({short})", self.command)),
            domain: self.engine.namespace.clone(),
            pod_name: self.engine.pod.clone(),
            image: self.engine.image.clone(),
            image_id: self
                .engine
                .image_id
                .split_once(':')
                .map_or(String::new(), |(_, hex)| hex.to_owned()),
            host_name: host_name.to_owned(),
            host_id: host_id.to_owned(),
            state: "unmanaged".to_owned(),
            run_as_root: self.run_as_root,
            started_at: if self.started_ms == 0 { String::new() } else { rfc3339(self.started_ms) },
            running: true,
            ..Workload::default()
        }
    }
}

/// The containers of the node, by id. A process that ends meanwhile is passed
/// over; what the engine said of those that are `known` is not asked again.
/// Blocks.
pub fn list(
    paths: &NodePaths,
    known: &BTreeMap<String, Container>,
) -> io::Result<BTreeMap<String, Container>> {
    let boot_ms = boot_ms(&text(&paths.proc.join("stat")).unwrap_or_default());
    // The node's own root: what shares it is no container's.
    let own = identity(&paths.root);
    let mut containers: BTreeMap<String, Container> = BTreeMap::new();
    for entry in fs::read_dir(&paths.proc)?.take(MOST_PROCESSES) {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let process = entry.path();
        let Some((id, pod_uid)) = text(&process.join("cgroup")).ok().and_then(|t| member_of(&t))
        else {
            continue;
        };
        let root = identity(&root_of(&process));
        if root.is_none() || root == own {
            continue;
        }
        let stat = text(&process.join("stat")).unwrap_or_default();
        let (command, started) = command_and_start(&stat);
        let started_ms = match (boot_ms, started) {
            (Some(boot), Some(ticks)) => boot + (ticks * TICKS_MS) as i64,
            _ => 0,
        };
        let status = text(&process.join("status")).unwrap_or_default();
        let found = Container {
            id: id.clone(),
            pid,
            command,
            pod_uid,
            run_as_root: is_root(&status),
            started_ms,
            engine: EngineRecord::default(),
        };
        let oldest = containers.entry(id).or_insert_with(|| found.clone());
        if (found.started_ms, found.pid) < (oldest.started_ms, oldest.pid) {
            *oldest = found;
        }
    }
    for (id, container) in &mut containers {
        container.engine = match known.get(id).map(|known| &known.engine) {
            Some(engine) if *engine != EngineRecord::default() => engine.clone(),
            _ => engine::read(paths, id),
        };
    }
    Ok(containers)
}

/// What the link `root` of a process leads to, not the link.
fn root_of(process: &Path) -> PathBuf {
    process.join("root")
}

fn identity(root: &Path) -> Option<(u64, u64)> {
    fs::metadata(root).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// The container that a process belongs to and the uid of its pod, by its
/// cgroup: `…/docker-<id>.scope`, `…/kubepods-besteffort-pod<uid>.slice/
/// cri-containerd-<id>.scope`, `/docker/<id>`, `…/pod<uid>/<id>`.
fn member_of(cgroup: &str) -> Option<(String, String)> {
    cgroup.lines().find_map(|line| {
        // hierarchy:controllers:path
        let path = line.splitn(3, ':').nth(2)?;
        // A container within a container bears both ids: the inner one counts.
        let mut parts = path.rsplit('/');
        let id = parts.by_ref().find_map(id_in)?;
        let pod = parts.find_map(pod_in).unwrap_or_default();
        Some((id, pod))
    })
}

/// `cri-containerd-<id>.scope`, `crio-<id>`, `<id>`. The group of the
/// engine's own monitor is none.
fn id_in(part: &str) -> Option<String> {
    let part = part.strip_suffix(".scope").unwrap_or(part);
    if part.contains("conmon") {
        return None;
    }
    let last = part.rsplit(['-', ':']).next()?;
    let is_id = last.len() == ID && last.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| last.to_owned())
}

/// `pod<uid>`, `kubepods-burstable-pod<uid with underscores>.slice`.
fn pod_in(part: &str) -> Option<String> {
    let part = part.strip_suffix(".slice").unwrap_or(part);
    let (_, uid) = part.rsplit_once("pod").filter(|(front, _)| {
        front.is_empty() || (front.starts_with("kubepods") && front.ends_with('-'))
    })?;
    let uid = uid.replace('_', "-");
    let is_uid = uid.len() >= 32 && uid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_uid.then_some(uid)
}

/// The name of a process in brackets, and when it was started: the 22nd field,
/// in ticks after the boot.
fn command_and_start(stat: &str) -> (String, Option<u64>) {
    let Some((front, rest)) = stat.rsplit_once(')') else { return (String::new(), None) };
    let command = front.split_once('(').map(|(_, name)| name.to_owned()).unwrap_or_default();
    (command, rest.split_whitespace().nth(19).and_then(|field| field.parse().ok()))
}

/// `btime 1700000000`.
fn boot_ms(stat: &str) -> Option<i64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse::<i64>().ok()?.checked_mul(1_000)
}

/// `Uid:  0  0  0  0`: the effective one is the second.
fn is_root(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    line.and_then(|line| line.split_whitespace().nth(1)) == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn cgroups_of_all_engines() {
        let uid = "0c3fa7ff-6bc5-4e2f-9b2d-6c1a3a1d5a55";
        let underscored = uid.replace('-', "_");
        for (cgroup, pod) in [
            (format!("0::/system.slice/docker-{ID}.scope\n"), ""),
            (format!("12:pids:/docker/{ID}\n11:cpu:/docker/{ID}\n"), ""),
            (format!("0::/machine.slice/libpod-{ID}.scope/container\n"), ""),
            (
                format!(
                    "0::/kubepods.slice/kubepods-besteffort.slice/\
                     kubepods-besteffort-pod{underscored}.slice/cri-containerd-{ID}.scope\n"
                ),
                uid,
            ),
            (format!("1:name=systemd:/kubepods/burstable/pod{uid}/{ID}\n"), uid),
            (format!("0::/kubepods.slice/kubepods-pod{underscored}.slice/crio-{ID}.scope\n"), uid),
            (
                format!(
                    "9:cpu:/system.slice/containerd.service/kubepods-burstable-pod{underscored}\
                     .slice:cri-containerd:{ID}\n"
                ),
                "",
            ),
            (format!("0::/docker/{}/docker/{ID}\n", "f".repeat(64)), ""),
        ] {
            assert_eq!(member_of(&cgroup), Some((ID.to_owned(), pod.to_owned())), "{cgroup}");
        }
        for cgroup in [
            "0::/\n".to_owned(),
            "0::/user.slice/user-0.slice/session-1.scope\n".to_owned(),
            format!("0::/system.slice/crio-conmon-{ID}.scope\n"),
            format!("0::/{}\n", ID.to_uppercase()),
            format!("0::/{ID}0\n"),
            String::new(),
        ] {
            assert_eq!(member_of(&cgroup), None, "{cgroup}");
        }
    }

    #[test]
    fn names_with_brackets_and_starts() {
        let fields = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1";
        let (command, started) = command_and_start(&format!("7 (a) b) {fields}"));
        assert_eq!((command.as_str(), started), ("a) b", Some(12_345)));
        assert_eq!(command_and_start(""), (String::new(), None));
        assert_eq!(boot_ms("cpu 1\nbtime 1700000000\n"), Some(1_700_000_000_000));
        assert!(is_root("Name:\tx\nUid:\t0\t0\t0\t0\n"));
        assert!(!is_root("Uid:\t0\t1000\t0\t0\n"));
    }

    #[test]
    fn the_oldest_process_stands_for_its_container() {
        let folder = tempfile::tempdir().unwrap();
        let paths =
            NodePaths { root: folder.path().join("root"), proc: folder.path().join("proc") };
        fs::create_dir_all(folder.path().join("rootfs")).unwrap();
        fs::create_dir_all(&paths.root).unwrap();
        let process = |pid: u32, cgroup: &str, started: u32, root: &Path| {
            let place = paths.proc.join(pid.to_string());
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join("cgroup"), cgroup).unwrap();
            let fields = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0";
            fs::write(place.join("stat"), format!("{pid} (p{pid}) {fields} {started} 1 1"))
                .unwrap();
            fs::write(place.join("status"), "Uid:\t1000\t1000\t1000\t1000\n").unwrap();
            std::os::unix::fs::symlink(root, place.join("root")).unwrap();
        };
        let of = format!("0::/docker/{ID}\n");
        let rootfs = folder.path().join("rootfs");
        process(30, &of, 500, &rootfs);
        process(20, &of, 900, &rootfs);
        process(10, "0::/init.scope\n", 1, &paths.root);
        // In the group of a container, but with the node's root.
        process(40, &format!("0::/docker/{}\n", "a".repeat(64)), 1, &paths.root);
        process(50, &format!("0::/docker/{}\n", "b".repeat(64)), 1, &folder.path().join("gone"));
        fs::write(paths.proc.join("stat"), "btime 1000\n").unwrap();
        let found: Vec<Container> = list(&paths, &BTreeMap::new()).unwrap().into_values().collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].pid, found[0].command.as_str()), (30, "p30"));
        assert_eq!(found[0].started_ms, 1_000_000 + 5_000);
        assert!(!found[0].run_as_root);
        assert_eq!(found[0].root(&paths), paths.proc.join("30/root"));
    }
}
