//! How a list looks to everybody, and where it stands among one's own.

use clap::{ArgGroup, Args};
use poo_core::model::{Command, ListPatch, ListPlace, ListView, Sort};

use super::change;
use crate::app::App;
use crate::args;
use crate::problem::Problem;

use super::super::folder;

/// How a list shall look.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct LookArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// A picture for it: an emoji
    #[arg(long, group = "change")]
    icon: Option<String>,
    /// Take the picture off
    #[arg(long, group = "change", conflicts_with = "icon")]
    without_icon: bool,
    /// Its colour, such as red or #ff8800
    #[arg(long, group = "change")]
    color: Option<String>,
    /// Take the colour off
    #[arg(long, group = "change", conflicts_with = "color")]
    without_color: bool,
    /// Whether its tasks stand in one row or by the aisles of a shop
    #[arg(long, group = "change", value_parser = args::view())]
    view: Option<ListView>,
}

/// Where to put a list.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("place").required(true))]
pub(crate) struct MoveArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// The folder: its name, the beginning of it, or its id
    #[arg(long, group = "place")]
    folder: Option<String>,
    /// Out of its folder
    #[arg(long, group = "place")]
    no_folder: bool,
}

/// Runs `poo list look`.
pub(super) fn look(app: &mut App, args: LookArgs) -> Result<(), Problem> {
    let given = |without: bool, value: Option<String>| match without {
        true => Some(None),
        false => value.map(Some),
    };
    let patch = ListPatch {
        icon: given(args.without_icon, args.icon),
        color: given(args.without_color, args.color),
        view: args.view,
    };
    change(
        app,
        &args.list,
        |list| Command::EditList { list, patch },
        |screen, list| {
            screen.line(&format!("Changed how {} looks", list.title));
        },
    )
}

fn place(
    app: &mut App,
    list: &str,
    place: ListPlace,
    said: impl FnOnce(&str) -> String,
) -> Result<(), Problem> {
    change(
        app,
        list,
        |list| Command::PlaceList { list, place },
        |screen, list| {
            screen.line(&said(&list.title));
        },
    )
}

/// Runs `poo list favorite` and `unfavorite`.
pub(super) fn favorite(app: &mut App, list: &str, favorite: bool) -> Result<(), Problem> {
    let to = ListPlace {
        favorite: Some(favorite),
        ..ListPlace::default()
    };
    place(app, list, to, |title| match favorite {
        true => format!("{title} is one of your favourites"),
        false => format!("{title} is no favourite any more"),
    })
}

/// Runs `poo list archive` and `unarchive`.
pub(super) fn archive(app: &mut App, list: &str, archived: bool) -> Result<(), Problem> {
    let to = ListPlace {
        archived: Some(archived),
        ..ListPlace::default()
    };
    place(app, list, to, |title| match archived {
        true => format!("{title} is out of your way: poo list ls --all shows it"),
        false => format!("{title} is back among your lists"),
    })
}

/// Runs `poo list move`.
pub(super) fn to_folder(app: &mut App, args: &MoveArgs) -> Result<(), Problem> {
    let folder = match &args.folder {
        Some(name) => {
            let home = app.home.open_to_read()?;
            Some(folder::find(&home.replica, &app.moment, name)?)
        }
        None => None,
    };
    let to = ListPlace {
        folder: Some(folder.as_ref().map(|folder| folder.id.clone())),
        ..ListPlace::default()
    };
    place(app, &args.list, to, |title| match &folder {
        Some(folder) => format!("{title} is in {} now", folder.name),
        None => format!("{title} is in no folder now"),
    })
}

/// Runs `poo list sort`.
pub(super) fn sort(app: &mut App, list: &str, order: Sort) -> Result<(), Problem> {
    let to = ListPlace {
        sort: Some(order),
        ..ListPlace::default()
    };
    let words = order.as_str().replace('_', " ");
    place(app, list, to, |title| {
        format!("You see {title} sorted: {words}")
    })
}
