//! Which seed catches which wrong engine, as docs/SIMULATION.md has it.

use std::fmt::Write as _;

use super::Mutant;

const BEGIN: &str = "<!-- mutants -->";
const END: &str = "<!-- /mutants -->";

/// The page with another table: for each mutant the seed that catches it, of `tried` from 0 on.
///
/// # Errors
/// What the page lacks.
pub fn written(page: &str, caught: &[(&str, u64)], tried: u64) -> Result<String, String> {
    let lacks = || format!("the page has no place for the table: {BEGIN} and {END}");
    let (before, rest) = page.split_once(BEGIN).ok_or_else(lacks)?;
    let (_, after) = rest.split_once(END).ok_or_else(lacks)?;
    let mut table = String::from("| mutant | what is wrong | caught by seed |\n|---|---|---|\n");
    for (name, what, _) in Mutant::ALL {
        let seed = match caught.iter().find(|(caught, _)| *caught == name) {
            Some((_, seed)) => seed.to_string(),
            None => format!("not in {tried} seeds"),
        };
        writeln!(table, "| `{name}` | {what} | {seed} |").map_err(|error| error.to_string())?;
    }
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// The seed that catches a mutant, as the page has it.
#[must_use]
pub fn seed_of(page: &str, name: &str) -> Option<u64> {
    let row = (page.lines()).find(|line| line.starts_with(&format!("| `{name}` |")))?;
    row.trim_end_matches(['|', ' '])
        .rsplit(' ')
        .next()?
        .parse()
        .ok()
}
