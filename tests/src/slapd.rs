//! A real LDAP server.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::port::FreeAddress;
use crate::process::{Launch, Process};
use crate::{programs, wait};

/// The name that looks users up.
pub const BIND_DN: &str = "cn=service,dc=example,dc=org";
/// Its password.
pub const BIND_PASSWORD: &str = "service-password";

/// A running `slapd`, killed when dropped.
#[derive(Debug)]
pub struct Slapd {
    process: Process,
    plain: FreeAddress,
    tls: FreeAddress,
    certificates: Certificates,
    _dir: TempDir,
}

impl Slapd {
    /// Starts one with these users below `ou=people` and groups below
    /// `ou=groups`: names, passwords; names, members by their places.
    pub async fn start(users: &[(&str, &str)], groups: &[(&str, &[&str])]) -> Result<Self> {
        Self::start_as("127.0.0.1", users, groups).await
    }

    /// The same with a certificate for `host`, whatever its address.
    pub async fn start_as(
        host: &str,
        users: &[(&str, &str)],
        groups: &[(&str, &[&str])],
    ) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("palisade-slapd-").tempdir()?;
        let certificates = Certificates::make_for(dir.path(), host)?;
        let (plain, tls) = (FreeAddress::take()?, FreeAddress::take()?);
        let database = dir.path().join("db");
        std::fs::create_dir(&database)?;
        let config = format!(
            "include /etc/ldap/schema/core.schema\n\
             include /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\n\
             modulepath /usr/lib/ldap\n\
             moduleload back_mdb\n\
             TLSCertificateFile {}\n\
             TLSCertificateKeyFile {}\n\
             TLSCACertificateFile {}\n\
             database mdb\n\
             maxsize 16777216\n\
             suffix \"dc=example,dc=org\"\n\
             rootdn \"{BIND_DN}\"\n\
             rootpw {BIND_PASSWORD}\n\
             directory {}\n\
             access to attrs=userPassword by anonymous auth by * none\n\
             access to * by dn.exact=\"{BIND_DN}\" read by * none\n",
            certificates.certificate.display(),
            certificates.key.display(),
            certificates.authority_file.display(),
            database.display(),
        );
        let config_file = dir.path().join("slapd.conf");
        std::fs::write(&config_file, config)?;
        let entries = dir.path().join("entries.ldif");
        std::fs::write(&entries, ldif(users, groups)?)?;
        let filled = std::process::Command::new(find("slapadd")?)
            .arg("-f")
            .arg(&config_file)
            .arg("-l")
            .arg(&entries)
            .output()?;
        ensure!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
        let process = Launch::new("slapd", find("slapd")?)
            .arg("-f")
            .arg(&config_file)
            .arg("-h")
            .arg(format!("ldap://{} ldaps://{}", plain.get(), tls.get()))
            .args(["-d", "0"])
            .spawn(dir.path())?;
        let mut slapd = Self { process, plain, tls, certificates, _dir: dir };
        slapd.ready().await?;
        Ok(slapd)
    }

    async fn ready(&mut self) -> Result<()> {
        let addresses = [self.plain.get(), self.tls.get()];
        let process = &mut self.process;
        wait::until("slapd listens", || {
            let running = process.check_running();
            async move {
                running?;
                for address in addresses {
                    tokio::net::TcpStream::connect(address).await?;
                }
                Ok(Some(()))
            }
        })
        .await
    }

    /// Ends it.
    pub async fn stop(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// The port without TLS, for StartTLS.
    pub fn port(&self) -> u16 {
        self.plain.get().port()
    }

    /// The settings of `/v1/server` for it, with TLS from the beginning.
    pub fn settings(&self) -> Value {
        json!({
            "directory": "OpenLDAP", "hostname": "127.0.0.1", "port": self.tls.get().port(), "ssl": true,
            "ca_cert": self.certificates.authority, "base_dn": "ou=people,dc=example,dc=org",
            "group_dn": "ou=groups,dc=example,dc=org", "bind_dn": BIND_DN,
            "bind_password": BIND_PASSWORD, "username_attr": "cn", "group_member_attr": "member",
            "enable": true, "default_role": "",
        })
    }
}

/// The place of a user.
pub fn user_dn(name: &str) -> String {
    format!("cn={name},ou=people,dc=example,dc=org")
}

/// The place of a group.
pub fn group_dn(name: &str) -> String {
    format!("cn={},ou=groups,dc=example,dc=org", name.replace(',', "\\,"))
}

fn ldif(users: &[(&str, &str)], groups: &[(&str, &[&str])]) -> Result<String> {
    let mut text = String::from(
        "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: example\n\
         dc: example\n\n",
    );
    for unit in ["people", "groups"] {
        writeln!(
            text,
            "dn: ou={unit},dc=example,dc=org\nobjectClass: organizationalUnit\nou: {unit}\n"
        )?;
    }
    for (name, password) in users {
        writeln!(
            text,
            "dn: {}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {name}@example.org\n\
             userPassword: {password}\n",
            user_dn(name)
        )?;
    }
    for (name, members) in groups {
        writeln!(text, "dn: {}\nobjectClass: groupOfNames\ncn: {name}", group_dn(name))?;
        for member in *members {
            writeln!(text, "member: {member}")?;
        }
        writeln!(text)?;
    }
    Ok(text)
}

fn find(program: &str) -> Result<PathBuf> {
    programs::system(program, &[PathBuf::from("/usr/sbin")])
}
