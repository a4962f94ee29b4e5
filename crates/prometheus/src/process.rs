//! What the system says of this process, asked for when somebody wants to know.

use metrics::gauge;

/// How much memory this process takes. Linux only: elsewhere nothing is said.
pub(crate) fn observe() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(kib) = resident_kib(&status) {
        gauge!("process_resident_memory_bytes").set(kib * 1024.0);
    }
}

fn resident_kib(status: &str) -> Option<f64> {
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_kib() {
        assert_eq!(resident_kib("VmHWM:\t 9000 kB\nVmRSS:\t    5300 kB\n"), Some(5300.0));
        assert_eq!(resident_kib(""), None);
    }
}
