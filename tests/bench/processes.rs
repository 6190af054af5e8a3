//! What the kernel counts.

use anyhow::{Context, Result};

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
