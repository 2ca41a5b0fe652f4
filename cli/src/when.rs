//! Time as people say it: "today 9:00", "3 days ago", and the ranges of days that they type.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use poo_core::model::Due;

use crate::moment::{self, Moment};

/// Days that are near enough to be named by the day of the week.
const NAMED_DAYS: i32 = 6;
/// Days ago that are counted rather than written as a date.
const COUNTED_DAYS: i32 = 30;

/// Where and when somebody reads.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    zone: TimeZone,
    now: Timestamp,
    today: Date,
}

/// Days that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first day.
    pub(crate) from: Option<Date>,
    /// The last day.
    pub(crate) to: Option<Date>,
    /// What is past only.
    pub(crate) overdue: bool,
}

impl Here {
    /// This machine, at a moment.
    pub(crate) fn of(moment: &Moment) -> Self {
        Self::at(moment.time(), moment::local_zone())
    }

    fn at(now: Timestamp, zone: TimeZone) -> Self {
        let today = zone.to_datetime(now).date();
        Self { zone, now, today }
    }

    /// The reader's day.
    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// On which day and at what time something is due, for this reader.
    pub(crate) fn place(&self, due: &Due) -> (Date, Option<Time>) {
        if due.time().is_none() {
            return (due.date(), None);
        }
        let local = self.zone.to_datetime(due.deadline(&self.zone));
        (local.date(), Some(local.time()))
    }

    /// When something is due: near days in words, others as dates.
    pub(crate) fn due(&self, due: &Due) -> String {
        let (date, time) = self.place(due);
        let day = self.day(date);
        time.map_or_else(|| day.clone(), |time| format!("{day} {}", clock(time)))
    }

    /// A day: near ones in words.
    pub(crate) fn day(&self, date: Date) -> String {
        let apart = self.today.until(date).map_or(i32::MAX, |s| s.get_days());
        match apart {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            -1 => "yesterday".to_owned(),
            2..=NAMED_DAYS => date.strftime("%A").to_string(),
            apart if (-COUNTED_DAYS..0).contains(&apart) => format!("{} days ago", -apart),
            _ => date.to_string(),
        }
    }

    /// How long ago something was; what is long past by its date.
    pub(crate) fn ago(&self, at: Timestamp) -> String {
        let seconds = self.now.duration_since(at).as_secs();
        match seconds {
            ..60 => "now".to_owned(),
            60..3_600 => format!("{} min ago", seconds / 60),
            3_600..86_400 => format!("{} h ago", seconds / 3_600),
            _ => self.day(self.zone.to_datetime(at).date()),
        }
    }

    /// Reads a range of days: a word, a day, or days with `..` between them.
    pub(crate) fn range(&self, text: &str) -> Result<Range, String> {
        let text = text.trim();
        let days = |from: Date, to: Date| Range {
            from: Some(from),
            to: Some(to),
            overdue: false,
        };
        let after = |days: i32| self.today.checked_add(days.days()).unwrap_or(Date::MAX);
        let wrong = |why: &str| {
            format!(
                "`{text}` {why}: use today, tomorrow, overdue, week, a day such as 2026-11-30, or days such as 2026-11-01..2026-11-30"
            )
        };
        let day = |part: &str| match part {
            "today" => Ok(self.today),
            "tomorrow" => Ok(after(1)),
            _ => part.parse::<Date>().map_err(|_| wrong("is no range")),
        };
        match text {
            "overdue" => Ok(Range {
                from: None,
                to: None,
                overdue: true,
            }),
            "week" => Ok(days(self.today, after(NAMED_DAYS))),
            _ => match text.split_once("..") {
                None => day(text).map(|day| days(day, day)),
                Some(("", "")) => Err(wrong("is no range")),
                Some((from, to)) => {
                    let part = |part: &str| match part {
                        "" => Ok(None),
                        part => day(part).map(Some),
                    };
                    let (from, to) = (part(from)?, part(to)?);
                    if from.zip(to).is_some_and(|(from, to)| to < from) {
                        return Err(wrong("ends before it begins"));
                    }
                    Ok(Range {
                        from,
                        to,
                        overdue: false,
                    })
                }
            },
        }
    }
}

/// A time of day: `9:00`.
pub(crate) fn clock(time: Time) -> String {
    format!("{}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Here {
        // A Wednesday, 23:30 in Berlin.
        let now = "2026-11-25T22:30:00Z".parse().unwrap();
        Here::at(now, TimeZone::get("Europe/Berlin").unwrap())
    }

    #[test]
    fn near_days_are_words_and_times_are_the_readers() {
        for (due, words) in [
            ("2026-11-25", "today"),
            ("2026-11-26", "tomorrow"),
            ("2026-11-24", "yesterday"),
            ("2026-11-22", "3 days ago"),
            ("2026-11-28", "Saturday"),
            ("2026-12-02", "2026-12-02"),
            ("2026-10-01", "2026-10-01"),
            ("2026-11-26T09:05[Europe/Berlin]", "tomorrow 9:05"),
            ("2026-11-25T20:00[America/New_York]", "tomorrow 2:00"),
        ] {
            assert_eq!(here().due(&due.parse().unwrap()), words, "{due}");
        }
    }

    #[test]
    fn the_past_is_told_by_how_long_ago_it_was() {
        for (at, words) in [
            ("2026-11-25T22:29:30Z", "now"),
            ("2026-11-25T22:31:00Z", "now"),
            ("2026-11-25T22:25:00Z", "5 min ago"),
            ("2026-11-25T19:25:00Z", "3 h ago"),
            ("2026-11-24T19:25:00Z", "yesterday"),
        ] {
            assert_eq!(here().ago(at.parse().unwrap()), words, "{at}");
        }
    }

    #[test]
    fn ranges_are_words_days_or_two_days() {
        let range = |text: &str| here().range(text);
        let days = |from: &str, to: &str| {
            let day = |text: &str| text.parse::<Date>().ok();
            Ok(Range {
                from: day(from),
                to: day(to),
                overdue: false,
            })
        };
        assert_eq!(range("today"), days("2026-11-25", "2026-11-25"));
        assert_eq!(range("tomorrow"), days("2026-11-26", "2026-11-26"));
        assert_eq!(range("week"), days("2026-11-25", "2026-12-01"));
        assert_eq!(range("2026-11-30"), days("2026-11-30", "2026-11-30"));
        assert_eq!(range("2026-11-01..today"), days("2026-11-01", "2026-11-25"));
        assert_eq!(range("..2026-11-30"), days("", "2026-11-30"));
        assert_eq!(range("2026-11-30.."), days("2026-11-30", ""));
        assert!(range("overdue").unwrap().overdue);
        for bad in [
            "",
            "..",
            "soon",
            "2026-11-31",
            "2026-12-01..2026-11-01",
            "a..b",
        ] {
            let error = range(bad).unwrap_err();
            assert!(error.contains("use today, tomorrow"), "{error}");
        }
    }
}
