//! `poo search`.

use clap::Args;
use poo_core::model::{Answer, Query};

use super::task::view;
use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::Here;

/// What to look for.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words, or beginnings of words, in titles, notes and comments
    #[arg(required = true)]
    words: Vec<String>,
    /// In this list only: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
    /// At most so many [default: 50]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
}

/// Runs `poo search`.
pub(crate) fn search(app: &App, args: &SearchArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let query = Query::Search {
        text: args.words.join(" "),
        list: find::list_if(&home.replica, &app.moment, args.list.as_deref())?,
        limit: args.limit,
    };
    let found = answer!(home.replica, app.moment, query, Found, "search")?;
    if app.json {
        return app.print_json(&found);
    }
    let lists = find::lists(&home.replica, &app.moment, false)?;
    let here = Here::of(&app.moment);
    let mut screen = Screen::default();
    if found.items.is_empty() {
        screen.line("Nothing was found.");
    }
    for found in &found.items {
        view::alone(&mut screen, &found.task, &lists, &here);
        // Where the title is all there is to see, it stands there already.
        let plain = found.excerpt.replace(['[', ']'], "");
        if plain != found.task.title {
            screen.plain("        ");
            excerpt(&mut screen, &found.excerpt);
            screen.end();
        }
    }
    app.show(&screen)
}

/// Where it was found, on one line. The brackets around what fits stay, for those without colours.
fn excerpt(screen: &mut Screen, text: &str) {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = line.as_str();
    while let Some((before, after)) = rest.split_once('[') {
        let Some((fits, after)) = after.split_once(']') else {
            break;
        };
        screen.put(Look::Dim, before);
        screen.put(Look::Warm, &format!("[{fits}]"));
        rest = after;
    }
    screen.put(Look::Dim, rest);
}
