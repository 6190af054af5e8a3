//! What the kernel counts.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::unistd::{SysconfVar, sysconf};

/// A line of `/proc/PID/status` in KiB, such as `VmRSS` or `VmHWM`.
pub(crate) fn memory_kib(pid: u32, line: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|text| text.starts_with(line))
        .with_context(|| format!("no {line} for process {pid}"))?;
    Ok(line.split_whitespace().nth(1).context("no value")?.parse()?)
}

/// Bytes that the loopback device has carried, headers included.
pub(crate) fn loopback_bytes() -> Result<u64> {
    let devices = std::fs::read_to_string("/proc/net/dev")?;
    let line = devices
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("lo:"))
        .context("no loopback device")?;
    Ok(line.split_whitespace().nth(8).context("no sent bytes")?.parse()?)
}

/// The processor time that a process has used.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold blanks.
    let (_, fields) = stat.rsplit_once(')').context("a line without a name")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || anyhow::Ok(fields.next().context("no time")?.parse::<u64>()?);
    let total = ticks()? + ticks()?;
    let per_second = sysconf(SysconfVar::CLK_TCK)?.context("no clock ticks")?;
    Ok(Duration::from_millis(total * 1_000 / u64::try_from(per_second)?))
}
