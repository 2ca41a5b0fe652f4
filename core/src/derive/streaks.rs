//! Streaks: how many days in a row somebody got something done.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// The lengths of a streak that are worth a word, in days.
pub const MILESTONES: [u32; 6] = [3, 7, 14, 30, 60, 100];

/// What a set of days says about somebody's streaks. Lengths are in days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Streaks {
    /// How long the streak is that still runs: the one that ends today, or yesterday, since today
    /// is not over. 0 where none does.
    pub current: u32,
    /// How long the longest was.
    pub longest: u32,
    /// On how many days something was done.
    pub total_days: u32,
    /// The milestones that were ever reached, the smallest first.
    pub milestones: Vec<Milestone>,
}

/// A length that a streak reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// The length, one of [`MILESTONES`].
    pub days: u32,
    /// The day on which a streak first was that long: what is celebrated once.
    pub first: Date,
    /// The day on which the streak that still runs became that long, where it is.
    pub current: Option<Date>,
}

/// The streaks in a set of days with at least one completion, each the day where its completer
/// was, seen on the reader's day `today`.
///
/// A day after tomorrow is a wrong clock's and left out. Tomorrow counts: who did something in a
/// zone ahead of the reader's may already have been there.
#[must_use]
pub fn streaks(days: &BTreeSet<Date>, today: Date) -> Streaks {
    let tomorrow = today.tomorrow().unwrap_or(today);
    let yesterday = today.yesterday().unwrap_or(today);
    let mut result = Streaks::default();
    let mut before: Option<Date> = None;
    let mut run = 0_u32;
    // Of the last run, when it became as long as which milestone.
    let mut reached: Vec<(u32, Date)> = Vec::new();
    for &day in days.range(..=tomorrow) {
        let goes_on = before.is_some_and(|before| before.tomorrow().ok() == Some(day));
        if !goes_on {
            run = 0;
            reached.clear();
        }
        run = run.saturating_add(1);
        before = Some(day);
        result.total_days = result.total_days.saturating_add(1);
        result.longest = result.longest.max(run);
        if MILESTONES.contains(&run) {
            reached.push((run, day));
            if result.milestones.iter().all(|known| known.days != run) {
                result.milestones.push(Milestone {
                    days: run,
                    first: day,
                    current: None,
                });
            }
        }
    }
    if before.is_some_and(|last| last >= yesterday) {
        result.current = run;
        for milestone in &mut result.milestones {
            let mut reached = reached.iter();
            let found = reached.find(|(days, _)| *days == milestone.days);
            milestone.current = found.map(|(_, day)| *day);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    //! Streaks at their edges: today not yet done, a day missed, a journey across zones.

    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 3, 1);

    /// Days from `first` to `last` before today.
    fn ago(ranges: &[(i64, i64)]) -> BTreeSet<Date> {
        let days = ranges.iter().flat_map(|(first, last)| *last..=*first);
        days.map(|ago| TODAY.checked_sub(ago.days()).unwrap())
            .collect()
    }

    #[test]
    fn a_streak_runs_until_a_whole_day_is_missed() {
        for (ranges, current, longest) in [
            (vec![], 0, 0),
            (vec![(0, 0)], 1, 1),
            (vec![(1, 1)], 1, 1),
            (vec![(2, 2)], 0, 1),
            (vec![(3, 0)], 4, 4),
            (vec![(3, 1)], 3, 3),
            (vec![(3, 2)], 0, 2),
            (vec![(20, 11), (3, 0)], 4, 10),
            (vec![(3, 2), (0, 0)], 1, 2),
            // From a zone ahead; and from a clock that is years ahead.
            (vec![(2, -1)], 4, 4),
            (vec![(1, 0), (-1000, -2000)], 2, 2),
        ] {
            let days = ago(&ranges);
            let streaks = streaks(&days, TODAY);
            assert_eq!(
                (streaks.current, streaks.longest),
                (current, longest),
                "{ranges:?}"
            );
        }
    }

    #[test]
    fn milestones_have_the_day_on_which_they_were_first_reached() {
        let streaks = streaks(&ago(&[(40, 31), (10, 7), (4, 1)]), TODAY);
        assert_eq!(streaks.total_days, 18);
        let day = |ago: i64| TODAY.checked_sub(ago.days()).unwrap();
        assert_eq!(
            streaks.milestones,
            [
                Milestone {
                    days: 3,
                    first: day(38),
                    current: Some(day(2))
                },
                Milestone {
                    days: 7,
                    first: day(34),
                    current: None
                },
            ]
        );
    }

    #[test]
    fn a_hundred_days_reach_them_all_across_a_leap_day() {
        let today = date(2028, 4, 1);
        let days = (0..100).map(|ago: i64| today.checked_sub(ago.days()).unwrap());
        let streaks = streaks(&days.collect(), today);
        assert_eq!((streaks.current, streaks.longest), (100, 100));
        assert_eq!(
            streaks
                .milestones
                .iter()
                .map(|reached| reached.days)
                .collect::<Vec<_>>(),
            MILESTONES
        );
        let last = streaks.milestones.last().unwrap();
        assert_eq!((last.first, last.current), (today, Some(today)));
    }
}
