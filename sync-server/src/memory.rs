//! How the system's allocator keeps memory.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// Pools of memory at most: each thread would get one of its own, and keep what is free in it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: i32 = 2;
/// What is free at the end of a pool goes back from so many bytes on.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TRIM_BYTES: i32 = 64 * 1024;

/// Makes the allocator of glibc share its pools among threads, and give back what is free. A relay
/// with a thousand idle connections takes a quarter less by that. Elsewhere it does nothing. To be
/// called before threads begin.
pub fn spare_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[allow(unsafe_code, reason = "the allocator has no other door")]
        // SAFETY: `mallopt` takes two numbers, and no other thread runs yet.
        let set = unsafe {
            libc::mallopt(libc::M_ARENA_MAX, ARENAS)
                & libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_BYTES)
        };
        if set != 1 {
            tracing::debug!("the allocator keeps memory as it likes");
        }
    }
}

/// How often everything that is free goes back to the system: it takes some milliseconds, in which
/// whoever allocates may wait.
const EVERY: Duration = Duration::from_secs(30);

/// Gives back what is free between things in use, too, again and again until the relay stops: the
/// allocator itself gives back only the end of a pool, and one small thing there keeps all of it.
/// So what a storm of connections or a long history took is gone soon after it. Only under glibc.
pub(crate) async fn give_back(mut stop: watch::Receiver<bool>) {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return;
    }
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = tokio::task::spawn_blocking(trim).await {
            tracing::warn!(%error, "memory that is free could not be given back");
            return;
        }
    }
}

fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[allow(unsafe_code, reason = "the allocator has no other door")]
        // SAFETY: `malloc_trim` takes a number, may be called by any thread, and touches only
        // what nobody holds.
        let some = unsafe { libc::malloc_trim(0) };
        tracing::trace!(given = some == 1, "memory");
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::trim;

    /// Kilobytes of memory that this process takes.
    fn resident() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    #[test]
    fn what_is_free_between_things_in_use_is_given_back() {
        let before = resident();
        let mut blocks: Vec<Vec<u8>> = (0..8_192).map(|_| vec![1; 8_192]).collect();
        let with_all = resident();
        assert!(with_all > before + 60_000, "{before} {with_all}");
        // One of sixteen stays, so that no end of a pool is free.
        let mut index = 0;
        blocks.retain(|_| {
            index += 1;
            index % 16 == 0
        });
        let kept = resident();
        trim();
        let after = resident();
        assert!(
            after + 40_000 < with_all,
            "{before} {with_all} {kept} {after}"
        );
        assert!(
            blocks
                .iter()
                .all(|block| block.iter().all(|byte| *byte == 1))
        );
    }
}
