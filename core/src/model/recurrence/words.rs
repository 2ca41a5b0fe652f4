//! A rule in words.

use core::fmt::{self, Display, Write as _};

use super::rule::{End, Frequency, Recurrence, Skip, WeekDay};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Recurrence {
    /// The rule in short English, for people: "every 2 weeks on Mon, Thu", "every month on the
    /// 1st".
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.say(&mut text);
        text
    }

    fn say(&self, text: &mut String) -> fmt::Result {
        let unit = match self.frequency {
            Frequency::Daily => "day",
            Frequency::Weekly => "week",
            Frequency::Monthly => "month",
            Frequency::Yearly => "year",
        };
        match self.interval {
            1 => write!(text, "every {unit}")?,
            many => write!(text, "every {many} {unit}s")?,
        }
        if !self.year_days.is_empty() {
            let days = joined(self.year_days.iter().map(|day| nth(*day)));
            write!(text, " on the {days} day of the year")?;
        }
        if !self.month_days.is_empty() {
            let days = joined(self.month_days.iter().map(|day| match day {
                1.. => nth(i16::from(*day)),
                _ => format!("{} day", nth(i16::from(*day))),
            }));
            write!(text, " on the {days}")?;
            if self.skip == Some(Skip::Backward) && self.month_days.iter().any(|day| *day > 28) {
                text.push_str(" or the month's last day");
            }
        }
        if !self.week_days.is_empty() {
            let narrowed = !(self.year_days.is_empty() && self.month_days.is_empty());
            let days = joined(self.week_days.iter().map(week_day));
            let the = if self.week_days.iter().any(|day| day.nth != 0) {
                "the "
            } else {
                ""
            };
            let on = if narrowed { "if that is" } else { "on" };
            write!(text, " {on} {the}{days}")?;
        }
        if !self.months.is_empty() {
            let name = |month: &u8| {
                let index = usize::from(*month).saturating_sub(1);
                MONTHS.get(index).copied().unwrap_or_default()
            };
            write!(text, " in {}", joined(self.months.iter().map(name)))?;
        }
        if !self.positions.is_empty() {
            let places = joined(self.positions.iter().map(|place| nth(*place)));
            write!(text, ", only the {places} of these")?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(1) => text.write_str(", once"),
            End::Count(count) => write!(text, ", {count} times"),
            End::Day(day) => write!(text, ", until {day}"),
            End::Local(at) | End::Utc(at) => write!(text, ", until {}", at.date()),
        }
    }
}

fn joined(words: impl Iterator<Item = impl Display>) -> String {
    let mut text = String::new();
    for (index, word) in words.enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}{word}");
    }
    text
}

/// 1st, 2nd, ..., and from the end: last, 2nd last, ...
fn nth(number: i16) -> String {
    let ending = match (number.unsigned_abs() % 10, number.unsigned_abs() % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    match number {
        -1 => "last".to_owned(),
        ..-1 => format!("{}{ending} last", number.unsigned_abs()),
        _ => format!("{number}{ending}"),
    }
}

fn week_day(day: &WeekDay) -> String {
    let name = WEEKDAYS
        .get(usize::from(day.day))
        .copied()
        .unwrap_or_default();
    match day.nth {
        0 => name.to_owned(),
        number => format!("{} {name}", nth(i16::from(number))),
    }
}
