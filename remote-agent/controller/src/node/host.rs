//! The machine.

use palisade_api::rest::host::Host;

use super::{NodePaths, text};

/// What the node's files tell of it. Blocks, shortly.
pub fn read(paths: &NodePaths) -> Host {
    let of_proc = |name: &str| text(&paths.proc.join(name)).unwrap_or_default();
    let name = of_proc("sys/kernel/hostname").trim().to_owned();
    let machine = text(&paths.root.join("etc/machine-id")).unwrap_or_default();
    let machine = machine.trim();
    let id = if machine.is_empty() { name.clone() } else { format!("{name}:{machine}") };
    let release = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|path| text(&paths.root.join(path)).ok())
        .unwrap_or_default();
    let cpuinfo = of_proc("cpuinfo");
    let cgroups = of_proc("filesystems");
    Host {
        os: pretty_name(&release),
        kernel: of_proc("sys/kernel/osrelease").trim().to_owned(),
        cpus: cpuinfo.lines().filter(|line| line.starts_with("processor")).count() as i64,
        memory: memory(&of_proc("meminfo")),
        cgroup_version: cgroup_version(&of_proc("1/cgroup"), &cgroups),
        state: "connected".to_owned(),
        name,
        id,
        ..Host::default()
    }
}

fn pretty_name(release: &str) -> String {
    let value = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    value.unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()
}

/// Bytes, of `MemTotal:   16316412 kB`.
fn memory(meminfo: &str) -> i64 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
    number.unwrap_or_default().saturating_mul(1024)
}

/// The second version has one line, of hierarchy 0.
fn cgroup_version(of_init: &str, filesystems: &str) -> i64 {
    let mut lines = of_init.lines().filter(|line| !line.is_empty());
    match lines.next() {
        Some(first) if first.starts_with("0::") && lines.next().is_none() => 2,
        Some(_) => 1,
        None if filesystems.contains("cgroup2") => 2,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_files_say() {
        let folder = tempfile::tempdir().unwrap();
        let paths =
            NodePaths { root: folder.path().join("root"), proc: folder.path().join("proc") };
        let nothing = read(&paths);
        assert_eq!((nothing.name.as_str(), nothing.cpus, nothing.cgroup_version), ("", 0, 0));
        for (path, content) in [
            ("proc/sys/kernel/hostname", "node-1\n"),
            ("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"),
            ("proc/cpuinfo", "processor\t: 0\nmodel\t: x\n\nprocessor\t: 1\n"),
            ("proc/meminfo", "MemTotal:       16316412 kB\nMemFree: 1 kB\n"),
            ("proc/1/cgroup", "0::/init.scope\n"),
            ("root/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
            ("root/usr/lib/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let host = read(&paths);
        assert_eq!(host.id, "node-1:0123456789abcdef0123456789abcdef");
        assert_eq!(
            (host.os.as_str(), host.kernel.as_str()),
            ("Debian GNU/Linux 12", "6.1.0-18-amd64")
        );
        assert_eq!((host.cpus, host.memory, host.cgroup_version), (2, 16_316_412 * 1024, 2));
        assert_eq!(cgroup_version("12:cpu:/a\n0::/a\n", ""), 1);
    }
}
