//! Which changes of a document count.
//!
//! A change counts if its author may write and it is not past the author's limit, or if a change
//! that counts depends on it: who merged a revoked member's late work is never stuck.

/// One change, as much as counting needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNode {
    /// Whether it counts by its own right: its seq is within its author's
    /// [`WriteLimit`](super::WriteLimit).
    pub within_limit: bool,
    /// The positions of the changes it depends on directly.
    pub deps: Vec<usize>,
}

/// Decides for each change whether it counts.
///
/// The changes stand in topological order: each after all that it depends on. A dependency that
/// does not stand earlier is no dependency and is ignored. Takes time linear in changes and
/// dependencies.
#[must_use]
pub fn counts(changes: &[ChangeNode]) -> Vec<bool> {
    let mut counted: Vec<bool> = changes.iter().map(|c| c.within_limit).collect();
    for (position, change) in changes.iter().enumerate().rev() {
        if counted.get(position) != Some(&true) {
            continue;
        }
        for dep in change.deps.iter().filter(|dep| **dep < position) {
            if let Some(counts) = counted.get_mut(*dep) {
                *counts = true;
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(within_limit: bool, deps: &[usize]) -> ChangeNode {
        ChangeNode {
            within_limit,
            deps: deps.to_vec(),
        }
    }

    #[test]
    fn late_work_counts_once_somebody_built_on_it() {
        let changes = [
            node(true, &[]),
            node(false, &[0]),
            node(false, &[1]),
            node(true, &[1]),
            node(false, &[3]),
        ];
        assert_eq!(counts(&changes), [true, true, false, true, false]);
        assert_eq!(counts(&[]), [] as [bool; 0]);
    }

    #[test]
    fn a_dependency_that_does_not_stand_earlier_is_ignored() {
        let changes = [node(true, &[0, 1, 7]), node(false, &[usize::MAX])];
        assert_eq!(counts(&changes), [true, false]);
    }

    /// The definition, word for word.
    fn counts_naively(changes: &[ChangeNode], position: usize) -> bool {
        changes[position].within_limit
            || (position + 1..changes.len()).any(|later| {
                changes[later].deps.contains(&position) && counts_naively(changes, later)
            })
    }

    fn graph() -> impl Strategy<Value = Vec<ChangeNode>> {
        let change = (
            prop::bool::weighted(0.2),
            prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        );
        prop::collection::vec(change, 0..14).prop_map(|changes| {
            changes
                .into_iter()
                .enumerate()
                .map(|(position, (within_limit, deps))| ChangeNode {
                    within_limit,
                    deps: match position {
                        0 => Vec::new(),
                        _ => deps.iter().map(|dep| dep.index(position)).collect(),
                    },
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn counting_agrees_with_its_definition(changes in graph()) {
            let expected: Vec<bool> =
                (0..changes.len()).map(|p| counts_naively(&changes, p)).collect();
            prop_assert_eq!(counts(&changes), expected);
        }

        /// What counts is closed: nothing that counts lacks a dependency.
        #[test]
        fn whatever_counts_has_all_it_depends_on(changes in graph()) {
            let counted = counts(&changes);
            for (position, change) in changes.iter().enumerate() {
                if counted[position] {
                    prop_assert!(change.deps.iter().all(|dep| counted[*dep]));
                }
            }
        }
    }
}
