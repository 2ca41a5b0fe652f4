//! The order in which changes can be judged: what they build on first.

use std::collections::BTreeMap;

use crate::document::{ChangeHash, EncodedChange};

/// Orders changes so that each stands behind those of them that it builds on.
pub(super) fn causal_order(
    changes: &[EncodedChange],
    places: &BTreeMap<ChangeHash, usize>,
) -> Vec<usize> {
    let mut order = Vec::with_capacity(changes.len());
    let mut seen = vec![false; changes.len()];
    for start in 0..changes.len() {
        // Depth first without recursion: a chain may be thousands of changes long.
        let mut stack = vec![(start, false)];
        while let Some((index, done)) = stack.pop() {
            if done {
                order.push(index);
                continue;
            }
            match seen.get_mut(index) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            stack.push((index, true));
            if let Some(change) = changes.get(index) {
                let deps = change
                    .change()
                    .deps
                    .iter()
                    .filter_map(|dep| places.get(dep));
                stack.extend(deps.map(|dep| (*dep, false)));
            }
        }
    }
    order
}
