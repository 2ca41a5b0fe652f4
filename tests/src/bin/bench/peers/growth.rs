//! How cost grows with the work: more documents, longer histories, more connections. Only of our
//! own relay, and only what should not grow, or no faster than the work.

use super::report::{Report, Unit};
use super::server::Kind;
use super::{Bench, Failed, loads, ms, signed, whole};

/// Documents in sync, of which ten changed.
const DOCUMENTS: [u64; 3] = [10, 100, 1_000];
/// Changes in the history of one document.
const CHANGES: [usize; 3] = [1_000, 10_000, 100_000];
/// Readers of one document.
const CONNECTIONS: [usize; 4] = [10, 100, 1_000, 2_000];

impl Bench<'_> {
    pub(super) fn growth(&self, report: &mut Report) {
        let quick = self.order.quick;
        match self.kind {
            Kind::Signed => {
                for count in DOCUMENTS.into_iter().filter(|it| !quick || *it <= 100) {
                    self.row(report, &documents(count), |bench| bench.come_back(count));
                }
            }
            Kind::Ours => {
                for count in CHANGES.into_iter().filter(|it| !quick || *it <= 1_000) {
                    let name = format!("W. one change behind {count} others of its document, p50");
                    let row = [(name, Unit::Time)];
                    self.row(report, &row, |bench| bench.behind(count));
                }
                for count in CONNECTIONS.into_iter().filter(|it| !quick || *it <= 10) {
                    let row = [
                        (
                            format!("W. one change at the last of {count} readers, p50"),
                            Unit::Time,
                        ),
                        (
                            format!("W. the same for each of the {count} readers"),
                            Unit::Time,
                        ),
                    ];
                    self.row(report, &row, |bench| bench.readers(count));
                }
            }
            _ => {}
        }
    }

    fn row(
        &self,
        report: &mut Report,
        rows: &[(String, Unit)],
        work: impl FnOnce(&Self) -> Result<Vec<f64>, Failed>,
    ) {
        let rows: Vec<(&str, Unit)> = rows.iter().map(|(name, unit)| (&**name, *unit)).collect();
        self.cell(report, &rows, || work(self));
    }

    fn come_back(&self, count: u64) -> Result<Vec<f64>, Failed> {
        let mut server = self.server(&format!("w-documents-{count}"))?;
        let both = signed::reconnect(&mut server, count, 10);
        let (back, _) = self.run(both)?;
        Ok(vec![ms(back.time), whole(back.sent + back.received)])
    }

    fn behind(&self, changes: usize) -> Result<Vec<f64>, Failed> {
        let server = self.server(&format!("w-changes-{changes}"))?;
        let repeats = self.size.repeats;
        let times = loads::one_change(&server, (1_000, changes), repeats);
        Ok(vec![ms(self.run(times)?.at(50))])
    }

    #[allow(clippy::cast_precision_loss, reason = "small counts")]
    fn readers(&self, count: usize) -> Result<Vec<f64>, Failed> {
        let server = self.server(&format!("w-readers-{count}"))?;
        let repeats = self.size.repeats.min(30);
        let times = loads::many_readers(&server, count, repeats);
        let last = ms(self.run(times)?.at(50));
        Ok(vec![last, last / count as f64])
    }
}

fn documents(count: u64) -> [(String, Unit); 2] {
    [
        (
            format!("W. coming back to {count} documents of which 10 changed"),
            Unit::Time,
        ),
        (format!("W. bytes for that, of {count}"), Unit::Bytes),
    ]
}
