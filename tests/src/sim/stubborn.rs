//! A device that has in its database what its person may not write, as one of a program that asks
//! nobody would, and speaks as every other: it is refused, and offers it no more.

use super::liar::Lie;
use super::mutants;
use super::world::World;

/// What takes more than that to be said is said again and again.
const HAPPENINGS_MAX: u64 = 2_000;
const FORBIDDEN: &str = "forbidden";

impl World {
    /// The last thing that happens: what is in that device is not to be judged any more.
    pub(super) fn insist(&mut self) {
        let may_not_write = |did| self.readers.contains(&(self.plans, did));
        let reader = (self.devices.iter())
            .position(|device| device.is_here() && may_not_write(device.keys.did));
        let Some(at) = reader else {
            return;
        };
        let (Some(conn), Some(frames)) = (
            self.devices[at].conn,
            self.forged(at, self.plans, Lie::Plain),
        ) else {
            return;
        };
        self.tell(|| format!("{} keeps what it may not write", self.devices[at].name));
        mutants::unchecked(self.mutant, || {
            for frame in frames {
                self.hear(at, conn, &frame);
            }
        });
        self.close(conn, "begins anew");
        self.settle();
        let refused = |world: &Self| world.devices[at].refused.get(FORBIDDEN).copied();
        let before = refused(self).unwrap_or_default();
        self.connect(at);
        self.settle_within(HAPPENINGS_MAX);
        self.check_synced(at);
        assert_eq!(
            refused(self),
            Some(before + 1),
            "{} did not hear once that it may not write",
            self.devices[at].name
        );
    }
}
