//! `poo list ls`.

use poo_core::model::{Folder, List, Page};

use super::super::folder;
use super::super::members::role_name;
use crate::app::App;
use crate::find;
use crate::problem::Problem;
use crate::screen::Look;

/// Runs `poo list ls`.
pub(super) fn ls(app: &App, all: bool) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let mut lists = find::lists(&home.replica, &app.moment, all)?;
    lists.retain(|list| all || !list.archived);
    let folders = folder::all(&home.replica, &app.moment)?.items;
    let lists = Page::from(lists);
    app.print(&lists, |screen| {
        if lists.items.is_empty() {
            screen.line("No lists yet. Make one with: poo list create \"Groceries\"");
        }
        let mut rows = Vec::new();
        for (heading, part) in grouped(&lists.items, &folders) {
            if let Some(heading) = heading {
                rows.push(vec![(Look::Dim, heading)]);
            }
            rows.extend(part.into_iter().map(row));
        }
        screen.table(&rows);
    })
}

/// Lists under headings: favourites first, then by folder. Where there is neither, there are no
/// headings.
fn grouped<'a>(lists: &'a [List], folders: &[Folder]) -> Vec<(Option<String>, Vec<&'a List>)> {
    let in_use = |list: &&&List| list.deleted_at.is_none() && !list.archived && list.role.is_some();
    let mut rest: Vec<&List> = lists.iter().collect();
    let mut take = |heading: &str, fits: &dyn Fn(&&List) -> bool| {
        let part: Vec<&List> = rest.iter().filter(|list| fits(list)).copied().collect();
        rest.retain(|list| !fits(list));
        (Some(heading.to_owned()), part)
    };
    let mut groups = vec![take("Favourites", &|list| list.favorite && in_use(&list))];
    for folder in folders {
        groups.push(take(&folder.name, &|list| {
            list.folder.as_ref() == Some(&folder.id) && in_use(&list)
        }));
    }
    groups.push(take("Other lists", &|list| in_use(&list)));
    groups.push(take("Out of use", &|_| true));
    groups.retain(|(_, part)| !part.is_empty());
    if let [(Some(heading), _), rest @ ..] = groups.as_mut_slice()
        && heading == "Other lists"
        && rest
            .iter()
            .all(|(heading, _)| heading.as_deref() == Some("Out of use"))
    {
        groups.iter_mut().for_each(|(heading, _)| *heading = None);
    }
    groups
}

fn row(list: &List) -> Vec<(Look, String)> {
    let shared = if list.members > 1 {
        format!("{} members", list.members)
    } else {
        String::new()
    };
    let role = match (list.deleted_at, list.role, list.archived) {
        (Some(_), _, _) => "deleted",
        (None, None, _) => "no access",
        (None, Some(_), true) => "archived",
        (None, Some(role), false) => role_name(role),
    };
    vec![
        (Look::Strong, list.title.clone()),
        (Look::Plain, progress(list)),
        (Look::Dim, role.to_owned()),
        (Look::Dim, shared),
        // Last, since how wide a picture is differs from terminal to terminal.
        (Look::Plain, list.icon.clone().unwrap_or_default()),
    ]
}

/// How many of a list's tasks are done: `2/5`.
pub(super) fn progress(list: &List) -> String {
    match list.total {
        0 => "empty".to_owned(),
        total => format!("{}/{total}", total.saturating_sub(list.open)),
    }
}
