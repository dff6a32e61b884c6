//! What mudkeep takes of its machine, where the system says so.

use std::fs;

/// What it takes of the machine's memory (`VmRSS`).
pub(super) fn resident_bytes() -> Option<u64> {
    kib_of(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// What it may take: the machine's memory, or less where its unit or container has a limit.
pub(super) fn memory_max_bytes() -> Option<u64> {
    let machine = kib_of(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = groups_above(&groups).filter_map(|group| {
        let limit = fs::read_to_string(format!("/sys/fs/cgroup{group}/memory.max")).ok()?;
        limit.trim().parse().ok()
    });
    Some(limits.fold(machine, u64::min))
}

/// The control group (version 2) of a process and those that it is in: `/a/b`, `/a`, and none.
fn groups_above(groups: &str) -> impl Iterator<Item = &str> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let own = own.map(|group| group.trim_end_matches('/'));
    std::iter::successors(own, |group| group.rfind('/').map(|at| &group[..at]))
}

fn kib_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// How many files are open, sockets too.
pub(super) fn open_files() -> Option<u64> {
    // The system says the number itself since Linux 6.2; before, the size of the folder is 0.
    let size = fs::metadata("/proc/self/fd").ok()?.len();
    if size > 0 {
        return Some(size);
    }
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as u64)
}

/// How many may be.
#[cfg(target_os = "linux")]
pub(super) fn open_files_max() -> Option<u64> {
    let limit = uapi::getrlimit(uapi::c::RLIMIT_NOFILE.try_into().ok()?).ok()?;
    Some(limit.rlim_cur)
}

/// Elsewhere the system does not say.
#[cfg(not(target_os = "linux"))]
pub(super) fn open_files_max() -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_in_bytes_and_less_is_taken_than_may_be() {
        assert_eq!(kib_of("VmPeak:\t  9 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12 * 1024));
        assert_eq!(kib_of("VmRSS: 12\n", "VmRSS:"), None);
        let (taken, max) = (resident_bytes().unwrap(), memory_max_bytes().unwrap());
        assert!(1 << 20 < taken && taken < max, "{taken} of {max}");
    }

    #[test]
    fn a_limit_of_any_group_that_it_is_in_counts() {
        let of = |groups| groups_above(groups).collect::<Vec<_>>();
        let service = "1:name=systemd:/x\n0::/system.slice/mudkeep.service\n";
        assert_eq!(of(service), ["/system.slice/mudkeep.service", "/system.slice", ""]);
        assert_eq!(of("0::/\n"), [""]);
        assert_eq!(of("1:memory:/x\n"), [""; 0]);
    }

    #[test]
    fn a_file_that_is_opened_is_one_more() {
        let before = open_files().unwrap();
        let files: Vec<_> = (0..100).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        let after = open_files().unwrap();
        // Other tests open and close some meanwhile.
        assert!(after > before + 50, "{before} and then {after}");
        drop(files);
        assert!(after <= open_files_max().unwrap());
    }
}
