//! Which programs a configuration names.

use std::collections::BTreeMap;

use super::super::advisory::Statement;
use super::record::{Configuration, Match};
use crate::vulndb::record::Range;

/// Programs that are recognised without a package, as vendor, product and the
/// name that the scanner gives them.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("apache", "http_server", "http_server"),
    ("busybox", "busybox", "busybox"),
    ("consul", "consul", "consul"),
    ("containerd", "containerd", "containerd"),
    ("eclipse", "temurin", "jdk"),
    ("elastic", "elasticsearch", "elasticsearch"),
    ("envoyproxy", "envoy", "envoy"),
    ("etcd", "etcd", "etcd"),
    ("f5", "nginx", "nginx"),
    ("f5", "nginx_open_source", "nginx"),
    ("gnu", "bash", "bash"),
    ("golang", "go", "go"),
    ("haproxy", "haproxy", "haproxy"),
    ("hashicorp", "consul", "consul"),
    ("hashicorp", "vault", "vault"),
    ("haxx", "curl", "curl"),
    ("kubernetes", "kubelet", "kubernetes"),
    ("kubernetes", "kubernetes", "kubernetes"),
    ("lfprojects", "valkey", "valkey"),
    ("linuxfoundation", "containerd", "containerd"),
    ("linuxfoundation", "runc", "runc"),
    ("linuxfoundation", "valkey", "valkey"),
    ("mariadb", "mariadb", "mariadb"),
    ("memcached", "memcached", "memcached"),
    ("mongodb", "mongodb", "mongodb"),
    ("mysql", "mysql", "mysql"),
    ("nginx", "nginx", "nginx"),
    ("nodejs", "node.js", "node"),
    ("nodejs", "nodejs", "node"),
    ("openssl", "openssl", "openssl"),
    ("oracle", "jdk", "jdk"),
    ("oracle", "jre", "jdk"),
    ("oracle", "mysql", "mysql"),
    ("oracle", "mysql_server", "mysql"),
    ("oracle", "openjdk", "jdk"),
    ("perl", "perl", "perl"),
    ("php", "php", "php"),
    ("postgresql", "postgresql", "postgresql"),
    ("python", "python", "python"),
    ("redhat", "etcd", "etcd"),
    ("redhat", "openshift", "openshift"),
    ("redhat", "openshift_container_platform", "openshift"),
    ("redis", "redis", "redis"),
    ("redislabs", "redis", "redis"),
    ("ruby-lang", "ruby", "ruby"),
    ("rust-lang", "rust", "rust"),
    ("sqlite", "sqlite", "sqlite"),
    ("traefik", "traefik", "traefik"),
    ("wordpress", "wordpress", "wordpress"),
];

/// Platforms on which no container runs here.
const ELSEWHERE: [&str; 5] = ["microsoft", "apple", "google:android", "cisco", "netapp"];

/// What the configurations say of programs that are recognised.
pub(super) fn statements(configurations: &[Configuration]) -> Vec<Statement> {
    let mut named: BTreeMap<&str, (Vec<Range>, Vec<String>)> = BTreeMap::new();
    for configuration in configurations.iter().filter(|configuration| !elsewhere(configuration)) {
        let nodes = configuration.nodes.iter().filter(|node| !node.negate);
        for criterion in nodes.flat_map(|node| &node.matches).filter(|m| m.vulnerable) {
            let parts = split(&criterion.criteria);
            let Some(program) = program(&parts) else { continue };
            let (ranges, versions) = named.entry(program).or_default();
            add(program, criterion, &parts, ranges, versions);
        }
    }
    named
        .into_iter()
        .filter(|(_, (ranges, versions))| !ranges.is_empty() || !versions.is_empty())
        .map(|(program, (ranges, versions))| Statement {
            ecosystem: if program == "wordpress" { "Wordpress" } else { "Application" }.to_owned(),
            package: program.to_owned(),
            ranges,
            versions,
            ..Statement::default()
        })
        .collect()
}

/// Whether it takes another platform as well, on which nothing of ours runs.
fn elsewhere(configuration: &Configuration) -> bool {
    configuration.operator == "AND"
        && configuration.nodes.iter().any(|node| {
            !node.matches.is_empty()
                && node.matches.iter().all(|criterion| {
                    let vendor = criterion.criteria.splitn(4, ':').nth(3).unwrap_or_default();
                    !criterion.vulnerable && ELSEWHERE.iter().any(|name| vendor.starts_with(name))
                })
        })
}

/// The parts of `cpe:2.3:a:vendor:product:version:update:…`, in which a
/// backslash takes a colon's meaning away.
fn split(criteria: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in criteria.chars() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            ':' if !escaped => parts.push(String::new()),
            c => {
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
        escaped = false;
    }
    parts
}

fn program(parts: &[String]) -> Option<&'static str> {
    let part = |at: usize| parts.get(at).map_or("*", String::as_str);
    // A library for another program has that program as its target.
    if part(2) != "a" || !matches!(part(10), "*" | "-" | "linux" | "linux_kernel" | "") {
        return None;
    }
    let of = |(vendor, product, _): &&(&str, &str, &str)| *vendor == part(3) && *product == part(4);
    PROGRAMS.iter().find(of).map(|(_, _, name)| *name)
}

fn add(
    program: &str,
    criterion: &Match,
    parts: &[String],
    ranges: &mut Vec<Range>,
    versions: &mut Vec<String>,
) {
    let range = Range {
        introduced: criterion.version_start_including.clone(),
        after: criterion.version_start_excluding.clone(),
        fixed: criterion.version_end_excluding.clone(),
        last_affected: criterion.version_end_including.clone(),
    };
    let part = |at: usize| parts.get(at).map_or("*", String::as_str);
    match part(5) {
        "-" => {}
        "*" | "" => ranges.push(range),
        version => versions.push(with_update(program, version, part(6))),
    }
}

/// A version with the update that stands beside it.
fn with_update(program: &str, version: &str, update: &str) -> String {
    match (program, update) {
        (_, "*" | "-" | "") => version.to_owned(),
        ("jdk", update) => {
            // Version 8 calls itself 1.8.0.
            let old = matches!(version, "5" | "6" | "7" | "8");
            let version = if old { format!("1.{version}.0") } else { version.to_owned() };
            match update.strip_prefix("update").map(|number| number.trim_start_matches('_')) {
                Some(number) => format!("{version}_{number}"),
                None => format!("{version}-{update}"),
            }
        }
        ("openssl", letter) if letter.len() == 1 => format!("{version}{letter}"),
        (_, update) => format!("{version}-{update}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(configurations: serde_json::Value) -> Vec<Statement> {
        statements(&serde_json::from_value::<Vec<Configuration>>(configurations).unwrap())
    }

    fn cpe(product: &str, version: &str) -> String {
        format!("cpe:2.3:a:{product}:{version}:*:*:*:*:*:*:*")
    }

    #[test]
    fn bounds_of_a_program() {
        let told = read(json!([{"nodes": [{"operator": "OR", "cpeMatch": [
            {"vulnerable": true, "criteria": cpe("openssl:openssl", "*"),
                "versionStartIncluding": "3.0.0", "versionEndExcluding": "3.0.7"},
            {"vulnerable": true, "criteria": cpe("openssl:openssl", "1.1.1a")},
            {"vulnerable": false, "criteria": cpe("openssl:openssl", "9")},
            {"vulnerable": true, "criteria": cpe("openssl:openssl", "-")},
            {"vulnerable": true, "criteria": cpe("someone:openssl", "*")}]}]}]));
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].ecosystem.as_str(), told[0].package.as_str()),
            ("Application", "openssl")
        );
        assert_eq!(told[0].versions, ["1.1.1a"]);
        assert_eq!(told[0].ranges.len(), 1);
        assert_eq!(told[0].ranges[0].fixed.as_deref(), Some("3.0.7"));
    }

    #[test]
    fn what_only_holds_elsewhere_is_left_out() {
        let with = |platform: &str| {
            read(json!([{"operator": "AND", "nodes": [
                {"cpeMatch": [{"vulnerable": true, "criteria": cpe("python:python", "*"),
                    "versionEndIncluding": "3.9"}]},
                {"cpeMatch": [{"vulnerable": false,
                    "criteria": format!("cpe:2.3:o:{platform}:-:*:*:*:*:*:*:*")}]}]}]))
            .len()
        };
        assert_eq!(with("microsoft:windows"), 0);
        assert_eq!(with("linux:linux_kernel"), 1);
    }

    #[test]
    fn updates_of_java() {
        for (version, update, expected) in [
            ("1.8.0", "update202", "1.8.0_202"),
            ("8", "update202", "1.8.0_202"),
            ("11.0.2", "*", "11.0.2"),
            ("17", "-", "17"),
        ] {
            assert_eq!(with_update("jdk", version, update), expected);
        }
        assert_eq!(split(r"cpe:2.3:a:x\:y:z").len(), 5);
    }
}
