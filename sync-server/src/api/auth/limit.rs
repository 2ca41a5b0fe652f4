//! How much one caller may ask for, and how often credentials may be wrong.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The most callers that are remembered; beyond it those who have not come for longest go.
const REMEMBERED_MAX: usize = 10_000;

/// A bucket that fills again at an even pace.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// What is left of a caller's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Requests at most in a window.
    pub(crate) quota: u32,
    /// The window, in seconds.
    pub(crate) window_s: u64,
    /// How many are left now.
    pub(crate) left: u32,
    /// When the next one is there, in seconds.
    pub(crate) wait_s: u64,
}

/// Counts by caller.
#[derive(Debug)]
pub(crate) struct Limit<K> {
    quota: u32,
    window: Duration,
    buckets: Mutex<BTreeMap<K, Bucket>>,
}

impl<K: Ord + Clone + Hash> Limit<K> {
    /// At most so many in a window, and at most so many at once.
    pub(crate) fn new(quota: u32, window: Duration) -> Self {
        Self {
            quota,
            window,
            buckets: Mutex::default(),
        }
    }

    /// Takes one. `Err` where none is left.
    pub(crate) fn take(&self, caller: &K) -> Result<Share, Share> {
        self.look(caller, 1.0, Instant::now())
    }

    /// What is left, without taking any. `Err` where none is.
    pub(crate) fn left(&self, caller: &K) -> Result<Share, Share> {
        self.look(caller, 0.0, Instant::now())
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between nothing and the quota"
    )]
    fn look(&self, caller: &K, cost: f64, now: Instant) -> Result<Share, Share> {
        let quota = f64::from(self.quota);
        let pace = quota / self.window.as_secs_f64();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED_MAX && !buckets.contains_key(caller) {
            let full = |bucket: &Bucket| now.duration_since(bucket.at) >= self.window;
            buckets.retain(|_, bucket| !full(bucket));
            let oldest = buckets.iter().min_by_key(|(_, it)| it.at);
            let oldest = oldest.map(|(caller, _)| caller.clone());
            if buckets.len() >= REMEMBERED_MAX
                && let Some(oldest) = oldest
            {
                buckets.remove(&oldest);
            }
        }
        let known = buckets.get(caller).copied();
        let mut bucket = known.unwrap_or(Bucket {
            left: quota,
            at: now,
        });
        let passed = now.duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + passed * pace).min(quota);
        bucket.at = now;
        let enough = bucket.left >= 1.0;
        if enough {
            bucket.left -= cost;
        }
        if cost > 0.0 || known.is_some() {
            buckets.insert(caller.clone(), bucket);
        }
        let missing = (1.0 - bucket.left).max(0.0);
        let share = Share {
            quota: self.quota,
            window_s: self.window.as_secs(),
            left: bucket.left as u32,
            wait_s: (missing / pace).ceil() as u64,
        };
        match enough {
            true => Ok(share),
            false => Err(share),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_used_up_and_comes_back() {
        let limit = Limit::new(3, Duration::from_secs(30));
        let begin = Instant::now();
        for left in [2, 1, 0] {
            assert_eq!(limit.look(&"a", 1.0, begin).unwrap().left, left);
        }
        let none = limit.look(&"a", 1.0, begin).unwrap_err();
        assert_eq!((none.left, none.wait_s), (0, 10));
        assert!(limit.look(&"b", 1.0, begin).is_ok());
        let later = begin + Duration::from_secs(11);
        assert!(limit.look(&"a", 0.0, later).is_ok());
        assert!(limit.look(&"a", 1.0, later).is_ok());
        assert!(limit.look(&"a", 1.0, later).is_err());
    }

    #[test]
    fn nobody_fills_the_memory() {
        let limit = Limit::new(1, Duration::from_secs(3600));
        for caller in 0..REMEMBERED_MAX + 100 {
            assert!(limit.take(&caller).is_ok());
        }
        let buckets = limit.buckets.lock().unwrap();
        assert!(buckets.len() <= REMEMBERED_MAX);
    }
}
