//! `poo streak`.

use poo_core::derive::MILESTONES;
use poo_core::model::{Answer, Query};

use crate::app::App;
use crate::find::answer;
use crate::problem::Problem;
use crate::screen::{Look, count};

/// Runs `poo streak`.
pub(crate) fn streak(app: &App) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let zone = crate::moment::zone();
    let query = Query::Streak { zone };
    let streak = answer!(home.replica, app.moment, query, Streak, "streak")?;
    app.print(&streak, |screen| {
        let days = count(u64::from(streak.current), "day");
        match streak.current {
            0 => screen.line("No streak now. Complete something today to begin one."),
            _ => {
                let line = format!("{days} in a row");
                screen.put(Look::Good, &line).end()
            }
        };
        if streak.days > 0 {
            let longest = count(u64::from(streak.longest), "day");
            let all = count(u64::from(streak.days), "day");
            let line = format!("The longest was {longest}; something was done on {all} in all");
            screen.put(Look::Dim, &line).end();
        }
        for mark in &streak.milestones {
            screen.line(&format!("{} days reached on {}", mark.days, mark.reached));
        }
        let next = MILESTONES.iter().find(|days| **days > streak.current);
        if let (Some(next), 1..) = (next, streak.current) {
            let left = u64::from(next.saturating_sub(streak.current));
            let line = format!("{} more to {next}", count(left, "day"));
            screen.put(Look::Dim, &line).end();
        }
    })
}
