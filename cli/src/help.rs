//! The first page of help: every command, under what it is for.

use clap::Command;

/// The commands by what they are for, in the order in which people need them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Start", &["init", "whoami", "settings"]),
    (
        "Tasks",
        &[
            "add",
            "task",
            "comment",
            "attach",
            "attachments",
            "detach",
            "search",
            "undo",
            "redo",
            "trash",
        ],
    ),
    (
        "Lists",
        &[
            "list", "folder", "template", "tag", "aisle", "import", "export",
        ],
    ),
    (
        "Your days",
        &[
            "today",
            "upcoming",
            "focus",
            "calendar",
            "reminders",
            "streak",
        ],
    ),
    (
        "Together",
        &[
            "share", "join", "members", "role", "transfer", "revoke", "leave", "invites",
            "publish", "activity", "watch",
        ],
    ),
    ("Devices", &["sync", "relay", "device"]),
    ("Programs", &["agent", "key", "ticket"]),
    ("Care", &["verify", "doctor", "completions"]),
];

/// The template of the help of the whole program.
pub(crate) fn template(command: &Command) -> String {
    let width = command
        .get_subcommands()
        .map(|sub| sub.get_name().len())
        .max()
        .unwrap_or_default();
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (heading, names) in GROUPS {
        text.push_str(&format!("\n{heading}:\n"));
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {name:width$}  {about}\n"));
        }
    }
    text.push_str("\nOptions:\n{options}\n\n`poo help COMMAND` tells more of one.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_stands_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        grouped.sort_unstable();
        let command = Cli::command();
        let mut all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }
}
