//! Promises: what a process has cost the machine so far, as Linux counts it.

use std::{fs, time::Duration};

use anyhow::Context as _;

/// How long a tick of `/proc/PID/stat` is: Linux shows 100 a second on every platform that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of all threads of a process, its own and the kernel's on its behalf, in steps of 10 ms.
///
/// # Errors
/// When there is no such process, or this is not Linux.
pub fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let stat =
        fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is not there"))?;
    let ticks = ticks(&stat).context("/proc/PID/stat is not as expected")?;
    Ok(TICK * ticks)
}

/// `utime` and `stime` are the 14th and 15th field; the 2nd, a name in brackets, may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added_whatever_the_name() {
        let stat = "4242 (a name) with) S 1 4242 4242 0 -1 4194304 900 0 0 0 123 45 0 0 20 0 3 0 100 1000 200";
        assert_eq!(ticks(stat), Some(168));
        assert_eq!(ticks("4242 (short) S 1 2"), None);
        assert_eq!(ticks(""), None);
    }
}
