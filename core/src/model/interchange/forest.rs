//! Puts tasks that name their parents together to trees.

use super::limits::{DEPTH_MAX, TASKS_MAX};
use super::task::{ImportError, ImportedTask};
use super::warnings::Warnings;

/// Tasks in the order of their lines, each with the place of its parent.
#[derive(Debug, Default)]
pub(super) struct Forest {
    seeds: Vec<Seed>,
}

#[derive(Debug)]
struct Seed {
    task: Option<ImportedTask>,
    parent: Option<usize>,
}

/// What is known of where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Unknown,
    /// On the way up from the task being looked at.
    Visited,
    Known(usize),
}

impl Forest {
    /// Adds a task and gives its place.
    pub(super) fn add(
        &mut self,
        task: ImportedTask,
        parent: Option<usize>,
    ) -> Result<usize, ImportError> {
        let place = self.seeds.len();
        if place >= TASKS_MAX {
            return Err(ImportError::TooManyTasks { line: task.line });
        }
        self.seeds.push(Seed {
            task: Some(task),
            parent,
        });
        Ok(place)
    }

    /// The task at a place.
    pub(super) fn task_mut(&mut self, place: usize) -> Option<&mut ImportedTask> {
        self.seeds.get_mut(place)?.task.as_mut()
    }

    /// Puts the task at a place below another one.
    pub(super) fn set_parent(&mut self, place: usize, parent: usize) {
        if let Some(seed) = self.seeds.get_mut(place) {
            seed.parent = Some(parent);
        }
    }

    /// Takes out the task at a place; what stood below it stands on the top level.
    pub(super) fn lift(&mut self, place: usize) -> Option<ImportedTask> {
        for seed in &mut self.seeds {
            if seed.parent == Some(place) {
                seed.parent = None;
            }
        }
        self.seeds.get_mut(place)?.task.take()
    }

    /// Puts a task into a place that was taken out of.
    pub(super) fn put_back(&mut self, place: usize, task: ImportedTask) {
        if let Some(seed) = self.seeds.get_mut(place) {
            seed.task = Some(task);
        }
    }

    /// The trees. What would stand too deep is attached at the greatest depth; a ring of tasks
    /// that are each other's parents is opened.
    pub(super) fn grow(mut self, warnings: &mut Warnings) -> Vec<ImportedTask> {
        let depths = self.settle(warnings);
        let deepest = depths.iter().copied().max().unwrap_or(0);
        let mut levels: Vec<Vec<usize>> = vec![Vec::new(); deepest];
        for (place, depth) in depths.iter().enumerate() {
            if let Some(level) = levels.get_mut(depth.saturating_sub(1)) {
                level.push(place);
            }
        }
        let mut top = Vec::new();
        for place in levels.into_iter().rev().flatten() {
            let Some(seed) = self.seeds.get_mut(place) else {
                continue;
            };
            let Some(task) = seed.task.take() else {
                continue;
            };
            match seed.parent.and_then(|parent| self.task_mut(parent)) {
                Some(parent) => parent.children.push(task),
                None => top.push(task),
            }
        }
        top
    }

    /// Finds every task's depth, counted from 1, and changes the parents that cannot be.
    fn settle(&mut self, warnings: &mut Warnings) -> Vec<usize> {
        let mut depths = vec![Depth::Unknown; self.seeds.len()];
        let mut way = Vec::new();
        for start in 0..self.seeds.len() {
            let mut next = Some(start);
            let mut above = 0;
            while let Some(place) = next {
                match depths.get_mut(place) {
                    Some(Depth::Known(depth)) => {
                        above = *depth;
                        break;
                    }
                    Some(depth @ Depth::Unknown) => {
                        *depth = Depth::Visited;
                        way.push(place);
                        next = self.seeds.get(place).and_then(|seed| seed.parent);
                    }
                    Some(Depth::Visited) => {
                        self.open_ring(way.last().copied(), warnings);
                        break;
                    }
                    None => break,
                }
            }
            while let Some(place) = way.pop() {
                above = self.depth_below(place, above, warnings);
                if let Some(depth) = depths.get_mut(place) {
                    *depth = Depth::Known(above);
                }
            }
        }
        depths
            .into_iter()
            .map(|depth| match depth {
                Depth::Known(depth) => depth,
                Depth::Unknown | Depth::Visited => 1,
            })
            .collect()
    }

    fn open_ring(&mut self, last: Option<usize>, warnings: &mut Warnings) {
        let Some(seed) = last.and_then(|last| self.seeds.get_mut(last)) else {
            return;
        };
        seed.parent = None;
        if let Some(task) = &seed.task {
            warnings.add(
                task.line,
                &task.title,
                "its parent stands below it; it is now a task of the top level",
            );
        }
    }

    fn depth_below(&mut self, place: usize, above: usize, warnings: &mut Warnings) -> usize {
        if above < DEPTH_MAX {
            return above.saturating_add(1);
        }
        let parent = self.seeds.get(place).and_then(|seed| seed.parent);
        let grandparent = parent.and_then(|parent| self.seeds.get(parent)?.parent);
        if let Some(seed) = self.seeds.get_mut(place) {
            seed.parent = grandparent;
            if let Some(task) = &seed.task {
                warnings.add(
                    task.line,
                    &task.title,
                    format!(
                        "tasks can be nested {DEPTH_MAX} deep; it now stands beside its parent"
                    ),
                );
            }
        }
        above
    }
}

#[cfg(test)]
mod tests {
    //! Every task that was added is in the trees once, whatever the parents say.

    use super::*;

    fn task(title: &str) -> ImportedTask {
        ImportedTask {
            title: title.to_owned(),
            ..ImportedTask::default()
        }
    }

    fn outline(tasks: &[ImportedTask]) -> String {
        tasks
            .iter()
            .map(|task| format!("{}({})", task.title, outline(&task.children)))
            .collect()
    }

    fn forest(tasks: &[(&str, Option<usize>)]) -> Forest {
        let mut forest = Forest::default();
        for (title, parent) in tasks {
            forest.add(task(title), *parent).unwrap();
        }
        forest
    }

    #[test]
    fn order_holds_and_parents_may_come_later() {
        let mut warnings = Warnings::default();
        let tasks = forest(&[
            ("a", Some(3)),
            ("b", None),
            ("c", Some(3)),
            ("d", None),
            ("e", Some(0)),
        ]);
        assert_eq!(outline(&tasks.grow(&mut warnings)), "b()d(a(e())c())");
        assert!(warnings.finish().is_empty());
    }

    #[test]
    fn rings_are_opened() {
        let mut warnings = Warnings::default();
        let tasks = forest(&[
            ("a", Some(1)),
            ("b", Some(2)),
            ("c", Some(0)),
            ("d", Some(3)),
        ]);
        assert_eq!(outline(&tasks.grow(&mut warnings)), "c(b(a()))d()");
        assert_eq!(warnings.finish().len(), 2);
    }

    #[test]
    fn what_is_too_deep_is_kept_at_the_greatest_depth() {
        let mut deep = Forest::default();
        let mut parent = None;
        for number in 0..DEPTH_MAX + 3 {
            parent = Some(deep.add(task(&number.to_string()), parent).unwrap());
        }
        let mut warnings = Warnings::default();
        let mut level = deep.grow(&mut warnings);
        for _ in 1..DEPTH_MAX {
            assert_eq!(level.len(), 1);
            level = level.remove(0).children;
        }
        assert_eq!(outline(&level), "63()64()65()66()");
        assert_eq!(warnings.finish().len(), 3);
    }
}
