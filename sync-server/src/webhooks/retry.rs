//! When to try again.

use std::time::Duration;

/// How long to wait before each attempt, but for chance. The first is made at once; the last one
/// about three days after it.
const DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(14 * 60 * 60),
    Duration::from_secs(20 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];

/// How often, and when, a delivery that came to nothing is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// How long to wait before the second attempt, the third, and so on. After the last of these a
    /// delivery is dead, until somebody asks for it again.
    pub delays: Vec<Duration>,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            delays: DELAYS.to_vec(),
        }
    }
}

impl Retries {
    /// How long to wait after `attempts` attempts; `None`: it is given up. `chance` makes it up to
    /// a fifth more, so that what failed together does not come back together. An endpoint that
    /// asks for more time gets it.
    pub(super) fn delay(
        &self,
        attempts: u32,
        asked: Option<Duration>,
        chance: u32,
    ) -> Option<Duration> {
        let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
        let delay = *self.delays.get(index)?;
        let more = f64::from(chance) / f64::from(u32::MAX) / 5.0;
        let delay = delay.mul_f64(1.0 + more);
        Some(delay.max(asked.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let retries = Retries::default();
        let mut before = Duration::ZERO;
        let mut all = Duration::ZERO;
        let mut attempts = 1;
        while let Some(delay) = retries.delay(attempts, None, 0) {
            let late = retries.delay(attempts, None, u32::MAX).unwrap();
            assert!(delay > before && late > delay && late < delay.mul_f64(1.21));
            before = delay;
            all += delay;
            attempts += 1;
        }
        assert_eq!(attempts, 10);
        assert!(all > Duration::from_secs(3 * 24 * 60 * 60));
        let asked = Some(Duration::from_secs(60));
        assert_eq!(retries.delay(1, asked, 0), asked);
        assert_eq!(retries.delay(2, asked, 0), Some(Duration::from_secs(300)));
        assert_eq!(retries.delay(10, asked, 0), None);
        assert_eq!(retries.delay(0, None, 0), None);
    }
}
