//! Names of applications that network rules can tell apart.

use std::collections::BTreeSet;

use crate::PolicyError;
use crate::error::shorten;

/// Numbers and names. Below 3001 they are those that clients know.
pub const KNOWN: [(u32, &str); 37] = [
    (1001, "HTTP"),
    (1002, "SSL"),
    (1003, "SSH"),
    (1004, "DNS"),
    (1005, "DHCP"),
    (1006, "NTP"),
    (1007, "TFTP"),
    (1008, "Echo"),
    (1009, "RTSP"),
    (1010, "SIP"),
    (2001, "MySQL"),
    (2002, "Redis"),
    (2003, "ZooKeeper"),
    (2004, "Cassandra"),
    (2005, "MongoDB"),
    (2006, "PostgreSQL"),
    (2007, "Kafka"),
    (2008, "Couchbase"),
    (2009, "Wordpress"),
    (2010, "ActiveMQ"),
    (2011, "CouchDB"),
    (2012, "ElasticSearch"),
    (2013, "Memcached"),
    (2014, "RabbitMQ"),
    (2015, "Radius"),
    (2016, "VoltDB"),
    (2017, "Consul"),
    (2018, "Syslog"),
    (2019, "etcd"),
    (2020, "Spark"),
    (2021, "Apache"),
    (2022, "nginx"),
    (2023, "Jetty"),
    (2024, "NodeJS"),
    (2026, "Oracle"),
    (2027, "MSSQL"),
    (2028, "GRPC"),
];

/// The list in its normal form: known spelling, in order. An empty list means
/// any, as does one that holds `any`.
pub(super) fn normal(names: &[String]) -> Result<Vec<String>, PolicyError> {
    if names.is_empty() || names.iter().any(|name| name.eq_ignore_ascii_case("any")) {
        return Ok(vec!["any".to_owned()]);
    }
    let mut known = BTreeSet::new();
    for name in names {
        let (_, spelling) =
            KNOWN.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
                let reason = format!("{:?} is no known application", shorten(name));
                PolicyError::field("applications", reason)
            })?;
        if !known.insert(*spelling) {
            return Err(PolicyError::field("applications", format!("{spelling} is there twice")));
        }
    }
    Ok(known.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_have_a_normal_form() {
        for (names, expected) in [
            (&[][..], Some(&["any"][..])),
            (&["HTTP", "ANY"], Some(&["any"])),
            (&["ssl", "http", "Etcd"], Some(&["HTTP", "SSL", "etcd"])),
            (&["HTTP", "http"], None),
            (&["gopher"], None),
            (&[""], None),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let normal = normal(&names).ok();
            assert_eq!(
                normal.as_deref().map(|names| names.iter().map(String::as_str).collect::<Vec<_>>()),
                expected.map(<[&str]>::to_vec),
                "{names:?}"
            );
        }
    }
}
