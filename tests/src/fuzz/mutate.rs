//! Variations of bytes, all from one seed.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Values at which readers of lengths and numbers go wrong.
const EDGES: [&[u8]; 10] = [
    &[0x00],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0x9f],
    &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x9a, 0x7f, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xf0, 0x9f, 0x98, 0x80],
    &[0xe2, 0x80, 0xae],
];

/// Makes other bytes out of bytes.
#[derive(Debug)]
pub struct Mutator(ChaCha20Rng);

impl Mutator {
    /// Two with one seed do the same.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % (bound.max(1) as u64)).unwrap_or_default()
    }

    /// A variation of one of some inputs, at most about twice as long as it.
    #[must_use]
    pub fn vary(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = inputs
            .get(self.below(inputs.len()))
            .cloned()
            .unwrap_or_default();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let length = self.below(16).min(bytes.len() - at);
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                2 => drop(bytes.drain(at..at + length)),
                3 => {
                    let copied = bytes[at..at + length].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, copied);
                }
                4 => {
                    let edge = EDGES[self.below(EDGES.len())];
                    let end = (at + edge.len() * self.below(2)).min(bytes.len());
                    bytes.splice(at..end, edge.iter().copied());
                }
                5 => bytes.truncate(at),
                _ => {
                    let other = &inputs[self.below(inputs.len())];
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(64)).min(other.len());
                    bytes.splice(at..at + length, other[from..to].iter().copied());
                }
            }
        }
        bytes
    }
}
