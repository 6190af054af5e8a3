//! A real Active Directory: Samba as domain controller.

use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::{Context as _, Result, ensure};
use nix::unistd::Uid;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::process::{Launch, Process};
use crate::{programs, wait};

/// Below it is everything.
pub const BASE: &str = "DC=ad,DC=example,DC=org";
/// The password of each user.
pub const PASSWORD: &str = "Directory-Pass-77";
/// The name that looks users up.
const SERVICE: &str = "service";
/// Wrong passwords after which an account is locked.
pub const LOCKED_AFTER: usize = 3;

/// Fills the directory before it runs: many times faster than `samba-tool`, once for
/// each user.
const FILL: &str = r#"
import json, sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
what = json.load(sys.stdin)
lp = LoadParm()
lp.load(what["config"])
sam = SamDB(what["database"], session_info=system_session(), lp=lp)
for name in what["users"]:
    sam.newuser(name, what["password"], mailaddress="mail@ad.example.org",
                force_password_change_at_next_login_req=name == "must-change")
for group, members in what["groups"].items():
    sam.newgroup(group)
    sam.add_remove_group_members(group, members, add_members_operation=True)
sam.disable_account("(sAMAccountName=disabled)")
sam.setexpiry("(sAMAccountName=expired)", -86400)
sam.modify_ldif("dn: %s\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: %d\n"
                % (sam.domain_dn(), what["locked_after"]))
"#;

/// A running domain controller, killed when dropped. Its ports are those that all
/// have, on an address of its own in 127.0.0.0/8.
#[derive(Debug)]
pub struct ActiveDirectory {
    _process: Process,
    address: Ipv4Addr,
    authority: String,
    _dir: TempDir,
}

impl ActiveDirectory {
    /// Starts one with these users and groups of users and groups; none, with a word
    /// about it, where that is not allowed. A user `disabled` is so, and likewise
    /// `expired` and `must-change`.
    pub async fn start(users: &[&str], groups: &[(&str, &[&str])]) -> Result<Option<Self>> {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        if !Uid::effective().is_root() {
            println!("skipped: only root may listen where domain controllers do");
            return Ok(None);
        }
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, high | 64, low, NEXT.fetch_add(1, Ordering::Relaxed));
        let dir = tempfile::Builder::new().prefix("palisade-samba-").tempdir()?;
        provision(dir.path())?;
        let certificates = Certificates::make_for(dir.path(), &address.to_string())?;
        // It refuses a key that others may read.
        std::fs::set_permissions(&certificates.key, PermissionsExt::from_mode(0o600))?;
        let config = dir.path().join("smb.conf");
        std::fs::write(&config, settings(dir.path(), address, &certificates))?;
        fill(dir.path(), &config, users, groups)?;
        let mut process = Launch::new("samba", find("samba")?)
            .args(["--interactive", "--no-process-group", "--model=single", "--debug-stdout"])
            .arg("--configfile")
            .arg(&config)
            .spawn(dir.path())?;
        wait::until("samba listens", || {
            let running = process.check_running();
            async move {
                running?;
                for port in [389, 636] {
                    tokio::net::TcpStream::connect((address, port)).await?;
                }
                Ok(Some(()))
            }
        })
        .await?;
        let authority = certificates.authority;
        Ok(Some(Self { _process: process, address, authority, _dir: dir }))
    }

    /// The settings of `/v1/server` for it, with TLS from the beginning, and no names
    /// of attributes.
    pub fn settings(&self) -> Value {
        json!({
            "directory": "MicrosoftAD", "hostname": self.address.to_string(), "port": 636,
            "ssl": true, "ca_cert": self.authority, "base_dn": BASE, "bind_dn": dn(SERVICE),
            "bind_password": PASSWORD, "enable": true, "default_role": "",
        })
    }
}

/// The place of a user or group.
pub fn dn(name: &str) -> String {
    format!("CN={name},CN=Users,{BASE}")
}

fn provision(dir: &Path) -> Result<()> {
    let mut command = Command::new(find("samba-tool")?);
    command.args(["domain", "provision", "--use-rfc2307", "--server-role=dc"]);
    command.args(["--realm=AD.EXAMPLE.ORG", "--domain=EXAMPLE", "--dns-backend=NONE"]);
    command.args(["--host-name=dc1", "--host-ip=127.0.0.1"]);
    command.arg(format!("--adminpass={PASSWORD}"));
    command.arg(format!("--targetdir={}", dir.display()));
    let made = command.output()?;
    ensure!(made.status.success(), "samba-tool: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

fn settings(dir: &Path, address: Ipv4Addr, certificates: &Certificates) -> String {
    let folders = ["private", "state", "cache", "lock", "pid", "ncalrpc", "binddns"];
    let folders = folders.map(|name| {
        let option = if name == "private" || name == "ncalrpc" || name == "binddns" {
            format!("{name} dir")
        } else {
            format!("{name} directory")
        };
        format!("{option} = {}\n", dir.join(name).display())
    });
    format!(
        "[global]\nnetbios name = DC1\nrealm = AD.EXAMPLE.ORG\nworkgroup = EXAMPLE\n\
         server role = active directory domain controller\nserver services = ldap\n\
         interfaces = {address}/8\nbind interfaces only = yes\n{}\
         tls keyfile = {}\ntls certfile = {}\ntls cafile = {}\n",
        folders.concat(),
        certificates.key.display(),
        certificates.certificate.display(),
        certificates.authority_file.display(),
    )
}

fn fill(dir: &Path, config: &Path, users: &[&str], groups: &[(&str, &[&str])]) -> Result<()> {
    let groups: serde_json::Map<String, Value> =
        groups.iter().map(|(name, members)| ((*name).to_owned(), json!(members))).collect();
    let users: Vec<&str> =
        users.iter().copied().chain([SERVICE, "disabled", "expired", "must-change"]).collect();
    let what = dir.join("what.json");
    let database = dir.join("private/sam.ldb");
    let content = json!({
        "config": config, "database": database, "users": users, "groups": groups,
        "password": PASSWORD, "locked_after": LOCKED_AFTER,
    });
    std::fs::write(&what, content.to_string())?;
    // Debian's own Python has Samba's modules.
    let filled = Command::new("/usr/bin/python3")
        .args(["-c", FILL])
        .stdin(std::fs::File::open(&what)?)
        .output()
        .context("no /usr/bin/python3")?;
    ensure!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    Ok(())
}

fn find(program: &str) -> Result<std::path::PathBuf> {
    programs::system(program, &["/usr/sbin".into()])
}
