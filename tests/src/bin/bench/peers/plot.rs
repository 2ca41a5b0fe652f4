//! The table as a picture: for each measurement a bar for each server, on a logarithmic scale.

use std::fmt::Write as _;

use super::report::Report;
use super::server::Kind;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 230.0;
const BARS: f64 = 400.0;
const BAR: f64 = 14.0;

fn color(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "#1b7f5c",
        Kind::Signed => "#57b894",
        Kind::AutomergeRepo => "#d98a29",
        Kind::Samod => "#4c78a8",
        Kind::Hocuspocus => "#a05fa8",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The plot as SVG.
pub(crate) fn draw(report: &Report) -> String {
    let mut body = String::new();
    let mut y = 20.0;
    for line in &report.lines {
        let values: Vec<f64> = line.cells.iter().map(|cell| cell.value).collect();
        let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let least = values.iter().copied().filter(|value| *value > 0.0);
        let least = least.fold(most, f64::min);
        // The least has a short bar, and every factor of ten takes the same room.
        let span = (most / least).log10().max(1.0);
        let _written = writeln!(
            body,
            r#"<text x="10" y="{y}" font-weight="bold">{}</text>"#,
            escaped(&line.name)
        );
        y += 8.0;
        for cell in &line.cells {
            let share = ((cell.value / least).log10() / span).max(0.0);
            let length = match cell.value > 0.0 {
                true => BARS * (0.08 + 0.92 * share),
                false => 1.0,
            };
            let _written = writeln!(
                body,
                r#"<text x="{}" y="{}" text-anchor="end">{}</text><rect x="{LEFT}" y="{y}" width="{length:.1}" height="{}" fill="{}"/><text x="{:.1}" y="{}">{}</text>"#,
                LEFT - 8.0,
                y + BAR - 3.0,
                escaped(cell.kind.name()),
                BAR - 2.0,
                color(cell.kind),
                LEFT + length + 6.0,
                y + BAR - 3.0,
                line.unit.text(cell.value)
            );
            y += BAR;
        }
        y += 22.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<g fill=\"#222222\">\n{body}</g>\n</svg>\n"
    )
}
