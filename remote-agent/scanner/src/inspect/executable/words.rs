//! Well-known programs that come without a package tell their version in
//! words. A file is asked only for what its name promises.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::window::Window;
use crate::inspect::{Entry, Facts};
use crate::package::{Ecosystem, Package};

/// Stands for the module that a program of Go was made of.
pub(super) const OF_GO: &str = "";

/// A program and its words.
struct Program {
    /// As advisories name it.
    name: &'static str,
    /// How its files are named: a name, or the beginning of one before a star.
    files: &'static [&'static str],
    /// The first group is the version.
    words: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "openssl",
        files: &["openssl", "libssl.so*", "libcrypto.so*"],
        words: r"OpenSSL (\d+\.\d+\.\d+[a-z]{0,2})(?:-[a-z0-9]+)? {1,2}(?:FIPS )?\d{1,2} [A-Z][a-z]{2} \d{4}",
    },
    Program { name: "nginx", files: &["nginx*"], words: r"nginx/(\d+\.\d+\.\d+)" },
    Program {
        name: "node",
        files: &["node", "nodejs"],
        words: r"/node-v(\d+\.\d+\.\d+)-headers|node\.js/v(\d+\.\d+\.\d+)",
    },
    Program {
        name: "python",
        files: &["python*", "libpython*"],
        words: r"(?:\x00|/versions/|Python-)([23]\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d)?\+?)[\x00/]",
    },
    Program { name: "busybox", files: &["busybox*"], words: r"BusyBox v(\d+\.\d+\.\d+)" },
    Program { name: "ruby", files: &["ruby*", "libruby*"], words: r"ruby (\d+\.\d+\.\d+)p?\d*" },
    Program { name: "perl", files: &["perl*", "libperl*"], words: r"/perl5?/(\d+\.\d+\.\d+)" },
    Program { name: "php", files: &["php*", "libphp*"], words: r"PHP/(\d+\.\d+\.\d+)" },
    Program { name: "http_server", files: &["httpd", "apache2"], words: r"Apache/(\d+\.\d+\.\d+)" },
    Program {
        name: "haproxy",
        files: &["haproxy"],
        // Its texts also speak of other versions of HAProxy.
        words: r"\x00(\d+\.\d+\.\d+)-[0-9a-z+~.-]{1,60}\x00|HA-?Proxy version (\d+\.\d+\.\d+)",
    },
    Program {
        name: "redis",
        files: &["redis-server", "redis-cli", "redis-sentinel"],
        words: r"\x00(\d{1,2}\.\d{1,2}\.\d{1,3})\x00(?:c11-builtin|atomic-builtin|sync-builtin|pthread-mutex| \(git:%s)|redis[_-](\d+\.\d+\.\d+)",
    },
    Program {
        name: "postgresql",
        files: &["postgres"],
        words: r"postgres \(PostgreSQL\) (\d+(?:\.\d+){1,2})",
    },
    Program {
        name: "mysql",
        files: &["mysqld", "mysql"],
        words: r"/mysql-(\d+\.\d+\.\d+)|mysqld? +Ver (\d+\.\d+\.\d+)",
    },
    Program {
        name: "mariadb",
        files: &["mariadbd", "mariadb", "mysqld"],
        words: r"(\d+\.\d+\.\d+)-MariaDB",
    },
    Program { name: "memcached", files: &["memcached"], words: r"memcached (\d+\.\d+\.\d+)" },
    Program { name: "bash", files: &["bash"], words: r"Bash version (\d+\.\d+\.\d+)" },
    Program {
        name: "curl",
        files: &["curl", "libcurl.so*"],
        words: r"(?:libcurl|curl)/(\d+\.\d+\.\d+)",
    },
    Program {
        name: "envoy",
        files: &["envoy"],
        words: r"[0-9a-f]{40}/(\d+\.\d+\.\d+)/(?:Clean|Modified)/RELEASE",
    },
    Program { name: "jdk", files: &["libjvm.so"], words: r" JRE \((\d+(?:\.\d+)*(?:_\d+)?)[-+)]" },
    // Their linker is told the version, which stands alone between zeros. What
    // Go itself notes of it is left out of builds with short paths.
    Program {
        name: "kubernetes",
        files: &[
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kube-proxy",
            "kubelet",
            "kubectl",
            "kubeadm",
            "hyperkube",
        ],
        words: r"\x00v(1\.\d{1,3}\.\d{1,3}(?:-(?:alpha|beta|rc)\.\d+)?)(?:[-+][0-9A-Za-z.+-]+)?\x00",
    },
    // The same, of programs whose modules advisories know: what their linkers added differs.
    Program {
        name: OF_GO,
        files: &[
            "containerd*",
            "ctr",
            "docker",
            "docker-proxy",
            "dockerd",
            "node_exporter",
            "prometheus*",
            "promtool",
            "runc*",
        ],
        words: r"\x00v?(\d{1,4}\.\d{1,4}\.\d{1,4}(?:-(?:alpha|beta|rc)\.?\d+)?)(?:[-+~][0-9A-Za-z.+~-]{1,60})?\x00",
    },
    Program { name: "rust", files: &["rustc"], words: r"rustc version (\d+\.\d+\.\d+)" },
];

/// Of each program, compiled when there is one.
static WORDS: [OnceLock<Option<Regex>>; PROGRAMS.len()] =
    [const { OnceLock::new() }; PROGRAMS.len()];

fn words(at: usize) -> Option<&'static Regex> {
    let compile = || RegexBuilder::new(PROGRAMS.get(at)?.words).unicode(false).build().ok();
    WORDS.get(at)?.get_or_init(compile).as_ref()
}

/// A search for the words that the name of a file promises.
#[derive(Debug)]
pub(super) struct Search {
    /// Position among the programs, and what was found.
    wanted: Vec<(usize, Option<String>)>,
}

fn is_named(base: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => base.starts_with(beginning),
        None => base == pattern,
    }
}

impl Search {
    pub(super) fn of(entry: &Entry<'_>) -> Self {
        let base = entry.base();
        let wanted = PROGRAMS
            .iter()
            .enumerate()
            .filter(|(_, program)| program.files.iter().any(|pattern| is_named(base, pattern)))
            .map(|(at, _)| (at, None))
            .collect();
        Self { wanted }
    }

    /// Words that begin behind what is the window's own may be cut by its end:
    /// the next one has them whole.
    pub(super) fn look(&mut self, window: &Window<'_>) {
        for (at, found) in self.wanted.iter_mut().filter(|(_, found)| found.is_none()) {
            let Some(words) = words(*at) else { continue };
            *found = words.captures(window.bytes).and_then(|captures| {
                let start = captures.get(0)?.start();
                if start >= window.own {
                    return None;
                }
                let version = captures.iter().skip(1).flatten().next()?.as_bytes();
                std::str::from_utf8(version).ok().map(str::to_owned)
            });
        }
    }

    /// The version that was found of `program`.
    pub(super) fn found(&self, program: &str) -> Option<&str> {
        let of = |at: usize| PROGRAMS.get(at).is_some_and(|known| known.name == program);
        let (_, found) = self.wanted.iter().find(|(at, _)| of(*at))?;
        found.as_deref()
    }

    pub(super) fn tell(self, entry: &Entry<'_>, facts: &mut Facts) {
        for (at, found) in self.wanted {
            if let (Some(version), Some(program)) = (found, PROGRAMS.get(at))
                && program.name != OF_GO
            {
                facts.packages.push(Package::new(
                    Ecosystem::Application,
                    program.name,
                    version,
                    entry.path,
                ));
            }
        }
    }
}
