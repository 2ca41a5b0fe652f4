//! The order of siblings: fractional keys, so that moving one item writes one field.

use fractional_index::FractionalIndex;

use crate::model::TaskId;

/// A sibling and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sibling {
    pub(super) task: TaskId,
    pub(super) key: String,
}

fn parse(key: &str) -> Option<FractionalIndex> {
    FractionalIndex::from_string(key).ok()
}

/// A key between two others; `None` is the end on that side. Keys that are not ours to read
/// count as ends.
fn between(low: Option<&FractionalIndex>, high: Option<&FractionalIndex>) -> FractionalIndex {
    FractionalIndex::new(low, high).unwrap_or_else(|| match (low, high) {
        (Some(low), _) => FractionalIndex::new_after(low),
        (None, Some(high)) => FractionalIndex::new_before(high),
        (None, None) => FractionalIndex::default(),
    })
}

/// Keys for an item placed at `index` among `siblings` (which do not include it): its own key
/// first, then new keys for those behind it that have the same key as the one before it and
/// would else stand in its place.
pub(super) fn place(siblings: &[Sibling], index: usize) -> (String, Vec<(TaskId, String)>) {
    let low = index
        .checked_sub(1)
        .and_then(|i| siblings.get(i))
        .and_then(|s| parse(&s.key));
    let behind = siblings.get(index..).unwrap_or_default();
    let stuck: Vec<&Sibling> = behind
        .iter()
        .take_while(|s| match (&low, parse(&s.key)) {
            (Some(low), Some(key)) => key <= *low,
            _ => false,
        })
        .collect();
    let high = behind.get(stuck.len()).and_then(|s| parse(&s.key));
    let own = between(low.as_ref(), high.as_ref());
    let mut last = own.clone();
    let mut moved = Vec::with_capacity(stuck.len());
    for sibling in stuck {
        last = between(Some(&last), high.as_ref());
        moved.push((sibling.task, last.to_string()));
    }
    (own.to_string(), moved)
}

/// A key right before `key`, behind `low`.
pub(super) fn before(low: Option<&str>, key: &str) -> String {
    let (low, high) = (low.and_then(parse), parse(key));
    between(low.as_ref(), high.as_ref()).to_string()
}

/// `count` keys in order behind `last`. They stay short: each halves a gap instead of going on
/// from the one before.
pub(super) fn behind(last: Option<&str>, count: usize) -> Vec<String> {
    let low = last.and_then(parse);
    let first = between(low.as_ref(), None);
    let mut keys = vec![first.clone()];
    let end = FractionalIndex::new_after(&first);
    fill(&first, &end, count.saturating_sub(1), &mut keys);
    keys.truncate(count);
    keys.iter().map(FractionalIndex::to_string).collect()
}

fn fill(
    low: &FractionalIndex,
    high: &FractionalIndex,
    count: usize,
    out: &mut Vec<FractionalIndex>,
) {
    if count == 0 {
        return;
    }
    let middle = between(Some(low), Some(high));
    let before = (count - 1) / 2;
    fill(low, &middle, before, out);
    out.push(middle.clone());
    fill(&middle, high, count - 1 - before, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sibling(n: u8, key: &str) -> Sibling {
        Sibling {
            task: TaskId::new(u64::from(n), &[n; 10]),
            key: key.to_owned(),
        }
    }

    #[test]
    fn keys_behind_are_ordered_and_short() {
        let keys = behind(None, 10_000);
        assert_eq!(keys.len(), 10_000);
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            keys.iter().all(|key| key.len() <= 32),
            "{:?}",
            keys.iter().map(String::len).max()
        );
        let more = behind(keys.last().map(String::as_str), 3);
        assert!(more[0] > keys[9_999]);
        assert!(behind(None, 0).is_empty());
    }

    #[test]
    fn an_item_finds_a_place_anywhere() {
        let keys = behind(None, 3);
        let siblings: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(i, k)| sibling(i as u8, k))
            .collect();
        for index in 0..=3 {
            let (key, moved) = place(&siblings, index);
            assert!(moved.is_empty());
            assert!(siblings[..index].iter().all(|s| s.key < key));
            assert!(siblings[index..].iter().all(|s| s.key > key));
        }
    }

    #[test]
    fn between_equals_the_later_ones_get_new_keys() {
        let keys = behind(None, 2);
        let siblings = [
            sibling(1, &keys[0]),
            sibling(2, &keys[0]),
            sibling(3, &keys[0]),
            sibling(4, &keys[1]),
        ];
        let (key, moved) = place(&siblings, 1);
        assert_eq!(moved.len(), 2);
        assert!(
            keys[0] < key && key < moved[0].1 && moved[0].1 < moved[1].1 && moved[1].1 < keys[1]
        );
    }
}
