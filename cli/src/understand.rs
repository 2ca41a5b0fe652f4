//! What people write in words where the engine takes values: "tomorrow 9am", "every 2 weeks".

use poo_core::document::DocumentId;
use poo_core::model::{Answer, Due, Query, QuickAdd, Recurrence};
use poo_core::replica::Replica;

use crate::find::answer;
use crate::moment::{self, Moment};
use crate::problem::Problem;

/// Stands in for a title, so that nothing else may be left of a text.
const TITLE: &str = "Task";
/// The setting that says whether `1/2` is the first of February.
pub(crate) const DAY_FIRST: &str = "dayFirst";

/// Whether `1/2` is the first of February for this person.
pub(crate) fn day_first(replica: &Replica, moment: &Moment) -> Result<bool, Problem> {
    let settings = answer!(replica, moment, Query::Settings, Settings, "settings")?;
    Ok(settings.get(DAY_FIRST).is_some_and(|value| value == "true"))
}

/// Reads a line as a person types it to add a task.
pub(crate) fn line(
    replica: &Replica,
    moment: &Moment,
    text: &str,
    list: Option<DocumentId>,
    day_first: bool,
) -> Result<QuickAdd, Problem> {
    let query = Query::QuickAdd {
        text: text.to_owned(),
        list,
        day_first,
        zone: moment::zone(),
    };
    answer!(replica, moment, query, QuickAdd, "reading of the text")
}

/// Reads a text that says nothing but when, or how often.
fn all_of(replica: &Replica, moment: &Moment, text: &str) -> Result<Option<QuickAdd>, Problem> {
    let day_first = day_first(replica, moment)?;
    let said = line(replica, moment, &format!("{TITLE} {text}"), None, day_first)?;
    let nothing_else = said.title == TITLE
        && said.tags.is_empty()
        && said.priority.is_none()
        && said.list.is_none()
        && said.assignee.is_none();
    Ok(nothing_else.then_some(said))
}

/// Reads when something is due: `2026-11-23`, `2026-11-23T09:00[Europe/Berlin]`, or words.
pub(crate) fn due(replica: &Replica, moment: &Moment, text: &str) -> Result<Due, Problem> {
    let error = match text.parse::<Due>() {
        Ok(due) => return Ok(due),
        Err(error) => error,
    };
    // What is written as a date is meant as one: then it is told what is wrong with it.
    let is_date = text.trim().chars().take(5).collect::<String>();
    let is_date = is_date.ends_with('-') && is_date.starts_with(|c: char| c.is_ascii_digit());
    let said = if is_date {
        None
    } else {
        all_of(replica, moment, text)?.filter(|said| said.recurrence.is_none())
    };
    said.and_then(|said| said.due).ok_or_else(|| {
        Problem::Usage(format!(
            "--due: {error}, or words such as \"tomorrow 9am\" or \"next friday\""
        ))
    })
}

/// Reads how something recurs: a rule of RFC 5545, or words. Words also say when it begins.
pub(crate) fn recurrence(
    replica: &Replica,
    moment: &Moment,
    text: &str,
) -> Result<(Recurrence, Option<Due>), Problem> {
    let wrong = |why: String| {
        Problem::Usage(format!(
            "--recur: {why}: use a rule such as FREQ=WEEKLY;BYDAY=MO, or words such as \"every 2 weeks\" or \"every month on the 1st\""
        ))
    };
    if text.contains('=') {
        let rule = text.parse::<Recurrence>();
        return Ok((rule.map_err(|error| wrong(error.to_string()))?, None));
    }
    let nothing = || wrong(format!("`{text}` does not say how often"));
    let said = all_of(replica, moment, text)?.ok_or_else(nothing)?;
    let rule = said.recurrence.ok_or_else(nothing)?;
    let rule = rule
        .parse::<Recurrence>()
        .map_err(|error| wrong(error.to_string()))?;
    Ok((rule, said.due))
}
