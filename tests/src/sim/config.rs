//! What a seed draws: who is there, and what goes wrong.

use super::workload::random::Random;

/// Everything that can go wrong. A seed draws some of it: with all of it on at once, most runs
/// would look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// A process ends in the middle, and starts again.
    Crash,
    /// The power goes.
    Power,
    /// A connection ends, with what is under way.
    Break,
    /// For a while nothing comes through, in one direction or both.
    Partition,
    /// A clock is set.
    Clock,
    /// A device is put back from an old backup, or its whole home is.
    Restore,
    /// A home is copied, and both copies go on.
    Copy,
    /// A relay is put back from an old backup.
    RelayRestore,
    /// A device is lost for good.
    Lose,
    /// A device goes to another relay.
    Switch,
    /// Somebody says what others said, as it was or changed.
    Tamper,
}

impl Fault {
    pub(super) const ALL: [Self; 11] = [
        Self::Crash,
        Self::Power,
        Self::Break,
        Self::Partition,
        Self::Clock,
        Self::Restore,
        Self::Copy,
        Self::RelayRestore,
        Self::Lose,
        Self::Switch,
        Self::Tamper,
    ];
}

/// How a frame fares, in cases of a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    pub(super) lost: usize,
    pub(super) twice: usize,
    pub(super) late: usize,
    pub(super) damaged: usize,
    pub(super) broken: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Config {
    /// Devices of each person. The first made all lists; the last may be an agent.
    pub(super) devices: Vec<usize>,
    pub(super) agent: bool,
    pub(super) stocks: usize,
    /// Whether there is somebody who was never let in, and a member who signs what it may not.
    pub(super) liars: bool,
    pub(super) relays: usize,
    pub(super) commands: usize,
    /// The longest pause between two commands of a device, in milliseconds.
    pub(super) pause_ms: usize,
    /// The shortest and the longest way of a frame, in milliseconds.
    pub(super) delay_ms: (usize, usize),
    pub(super) weather: Weather,
    pub(super) faults: Vec<Fault>,
    /// About so many milliseconds lie between two faults.
    pub(super) fault_every_ms: usize,
    /// Whether readers take few frames at a time.
    pub(super) slow: bool,
    /// Whether nothing recurs and tags keep their names.
    pub(super) calm: bool,
    /// Whether a device of the first person gets into other hands, and is revoked while it is used.
    pub(super) stolen: bool,
}

impl Config {
    pub(super) fn draw(rng: &mut Random, seed: u64) -> Self {
        let people = 2 + rng.below(3);
        let mut some = |percent: usize, most: usize| match rng.chance(percent) {
            true => 1 + rng.below(most),
            false => 0,
        };
        let weather = Weather {
            lost: some(40, 60),
            twice: some(40, 60),
            late: some(40, 80),
            damaged: some(30, 30),
            broken: some(50, 40),
        };
        let faults = Fault::ALL.into_iter().filter(|_| rng.chance(40));
        let mut faults: Vec<Fault> = faults.collect();
        let commands = 20 + rng.below(60);
        let pause_ms = [2_000, 30_000, 600_000][rng.below(3)];
        let stocks = if rng.chance(40) { 1 + rng.below(2) } else { 0 };
        if stocks > 0 && faults.contains(&Fault::RelayRestore) {
            // Where both lost what a device signed, nobody can show it: docs/SIMULATION.md.
            faults.retain(|fault| !matches!(fault, Fault::Restore | Fault::Copy));
        }
        let devices = (0..people).map(|_| 1 + rng.below(2)).collect();
        let (agent, liars) = (rng.chance(50), rng.chance(40));
        let relays = 1 + usize::from(rng.chance(30));
        if relays > 1 && faults.contains(&Fault::Switch) {
            // What a device signed twice and brought to two relays stays: docs/SIMULATION.md.
            let is_forked = |fault: &Fault| matches!(fault, Fault::Restore | Fault::Copy);
            match seed % 2 {
                0 => faults.retain(|fault| !is_forked(fault)),
                _ if faults.iter().any(is_forked) => faults.retain(|it| *it != Fault::Switch),
                _ => {}
            }
        }
        let span = commands * pause_ms / 2;
        Self {
            devices,
            agent,
            stocks,
            liars,
            relays,
            commands,
            pause_ms,
            delay_ms: (1 + rng.below(20), 25 + rng.below(2_000)),
            weather,
            faults,
            fault_every_ms: 1 + span / (10 + rng.below(40)) / people,
            slow: rng.chance(20),
            calm: rng.chance(30),
            // Apart from all the rest, which it leaves as it is.
            stolen: Random::new(!seed).chance(30),
        }
    }
}
