//! A network namespace with one cable to this one: what lies between a cluster and
//! its primary, and how it can be bad.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::packet_delay::{PacketDelay, QUEUE};
use crate::process::sbin;
use crate::programs;

/// What is wrong with the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Packets to the namespace are lost, those from it arrive.
    Deaf,
    /// Packets from the namespace are lost, those to it arrive.
    Mute,
    /// Each packet is lost with this chance in a hundred, both ways.
    Loss(u8),
    /// Packets beyond this size vanish without a word: an MTU black hole.
    LargerThan(u16),
    /// So many bits a second, both ways.
    Rate(u32),
    /// Packets are held back by these milliseconds, and some overtake others.
    Delay(u32),
}

/// A namespace, gone when it is dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    cable: String,
    here: Ipv4Addr,
    there: Ipv4Addr,
    delay: Mutex<Option<PacketDelay>>,
}

impl Namespace {
    /// Makes one; none, with a word about it, where that is not allowed.
    pub fn make() -> Result<Option<Self>> {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let (process, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let third = u8::try_from(process % 250)?;
        ensure!(n < 60, "too many namespaces");
        let name = format!("palisade-{process}-{n}");
        let cable = format!("pal{}x{n}", process % 100_000);
        let made = run("ip", &["netns", "add", &name])?;
        if !made.status.success() {
            let why = String::from_utf8_lossy(&made.stderr).into_owned();
            println!("skipped: no network namespace can be made here: {why}");
            return Ok(None);
        }
        let here = Ipv4Addr::new(10, 213, third, 4 * n + 1);
        let there = Ipv4Addr::new(10, 213, third, 4 * n + 2);
        // From now on what is dropped is removed.
        let namespace = Self { name, cable, here, there, delay: Mutex::default() };
        namespace.connect()?;
        Ok(Some(namespace))
    }

    fn connect(&self) -> Result<()> {
        let Self { name, cable, here, there, .. } = self;
        let peer = ["type", "veth", "peer", "name", "eth0", "netns", name];
        ip(&[&["link", "add", cable], peer.as_slice()].concat())?;
        ip(&["addr", "add", &format!("{here}/30"), "dev", cable])?;
        ip(&["link", "set", cable, "up"])?;
        ip(&["-n", name, "addr", "add", &format!("{there}/30"), "dev", "eth0"])?;
        ip(&["-n", name, "link", "set", "eth0", "up"])?;
        ip(&["-n", name, "link", "set", "lo", "up"])
    }

    /// Its name, for programs that run in it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of this side of the cable.
    pub fn here(&self) -> IpAddr {
        self.here.into()
    }

    /// The address of the other side.
    pub fn there(&self) -> IpAddr {
        self.there.into()
    }

    /// Breaks the cable; false, with a word about it, where the kernel cannot.
    pub fn suffer(&self, fault: Fault) -> Result<bool> {
        let drop = |chain: &str, matching: &[&str]| {
            let rule = [&["-A", chain], matching, &["-j", "DROP"]].concat();
            self.filter(&rule)
        };
        let arguments = match fault {
            Fault::Deaf => return drop("INPUT", &[]),
            Fault::Mute => return drop("OUTPUT", &[]),
            Fault::Loss(percent) => {
                let chance = format!("{}", f64::from(percent) / 100.0);
                let matching = ["-m", "statistic", "--mode", "random", "--probability", &chance];
                return Ok(drop("INPUT", &matching)? && drop("OUTPUT", &matching)?);
            }
            Fault::LargerThan(bytes) => {
                let range = format!("{}:65535", bytes.saturating_add(1));
                let matching = ["-m", "length", "--length", &range];
                return Ok(drop("INPUT", &matching)? && drop("OUTPUT", &matching)?);
            }
            Fault::Rate(bits) => format!("tbf rate {bits}bit burst 4kb latency 2s"),
            Fault::Delay(milliseconds) => {
                let delay = format!("{milliseconds}ms {}ms", milliseconds / 2);
                if self.shape(&format!("netem delay {delay} reorder 25%"))? {
                    return Ok(true);
                }
                println!("so the test itself holds the packets back");
                return self.hold_back(Duration::from_millis(milliseconds.into()));
            }
        };
        self.shape(&arguments)
    }

    /// Puts a queueing discipline at both ends of the cable.
    fn shape(&self, arguments: &str) -> Result<bool> {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let here = ["qdisc", "replace", "dev", &self.cable, "root"];
        let there = ["-n", &self.name, "qdisc", "replace", "dev", "eth0", "root"];
        Ok(shaped(&[here.as_slice(), &arguments].concat())?
            && shaped(&[there.as_slice(), &arguments].concat())?)
    }

    fn hold_back(&self, delay: Duration) -> Result<bool> {
        let started = PacketDelay::start(&self.name, delay);
        let delay = match started {
            Ok(delay) => delay,
            Err(error) => {
                println!("skipped: the kernel hands no packets over: {error:#}");
                return Ok(false);
            }
        };
        *self.delay.lock().unwrap_or_else(PoisonError::into_inner) = Some(delay);
        let queue = QUEUE.to_string();
        let to_queue = ["-j", "NFQUEUE", "--queue-num", &queue];
        Ok(self.filter(&[&["-A", "INPUT"], to_queue.as_slice()].concat())?
            && self.filter(&[&["-A", "OUTPUT"], to_queue.as_slice()].concat())?)
    }

    /// Mends the cable.
    pub fn heal(&self) -> Result<()> {
        self.filter(&["-F"])?;
        drop(self.delay.lock().unwrap_or_else(PoisonError::into_inner).take());
        // What is not there cannot be removed.
        run("tc", &["qdisc", "del", "dev", &self.cable, "root"])?;
        run("tc", &["-n", &self.name, "qdisc", "del", "dev", "eth0", "root"])?;
        Ok(())
    }

    fn filter(&self, rule: &[&str]) -> Result<bool> {
        let inside = ["netns", "exec", &self.name, "iptables", "-w"];
        let done = run("ip", &[&inside, rule].concat())?;
        Ok(told("iptables", &done))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The cable goes with the namespace, unless that was never connected.
        for arguments in [["netns", "del", &self.name], ["link", "del", &self.cable]] {
            if let Err(error) = run("ip", &arguments) {
                println!("cannot remove {}: {error:#}", self.name);
            }
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let done = run("ip", arguments)?;
    let why = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "ip {}: {why}", arguments.join(" "));
    Ok(())
}

fn shaped(arguments: &[&str]) -> Result<bool> {
    Ok(told("tc", &run("tc", arguments)?))
}

fn told(program: &str, done: &Output) -> bool {
    if !done.status.success() {
        let why = String::from_utf8_lossy(&done.stderr);
        println!("skipped: {program} cannot do this here: {}", why.trim());
    }
    done.status.success()
}

fn run(program: &str, arguments: &[&str]) -> Result<Output> {
    let path: PathBuf = programs::system(program, &sbin())?;
    Command::new(path)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} {}", arguments.join(" ")))
}
