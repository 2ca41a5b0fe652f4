//! A list of tasks as somebody would write it down who cares for nothing but that it is right:
//! everything is found by going through all of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use poo_core::model::{Due, Priority, Recurrence, Series, SeriesId, Sort, Status, TaskId};

/// How far ahead the next time of what recurs is looked for.
const FAR_DAYS: i64 = 800;

#[derive(Clone)]
pub(crate) struct Course {
    /// Each time that something begins to recur is another one.
    pub(crate) number: usize,
    pub(crate) start: Date,
    pub(crate) rule: Recurrence,
    /// Which days are done (true) or skipped (false).
    pub(crate) closed: BTreeMap<Date, bool>,
}

impl Course {
    pub(crate) fn happens(&self, day: Date) -> bool {
        let start = Due::on(self.start).unwrap();
        let series = Series::new(SeriesId::new([0; 8]), start, self.rule.clone()).unwrap();
        series.is_occurrence(&Due::on(day).unwrap())
    }

    fn first_from(&self, day: Date) -> Option<Date> {
        let mut days = (0..FAR_DAYS).map(|n| day.checked_add(n.days()).unwrap());
        days.find(|day| self.happens(*day))
    }

    pub(crate) fn last(&self) -> Option<Date> {
        self.closed.keys().next_back().copied()
    }

    pub(crate) fn next(&self) -> Option<Date> {
        self.first_from(
            self.last()
                .map_or(self.start, |last| last.tomorrow().unwrap()),
        )
    }

    /// What completing closes: the latest day that has come, or else the next.
    pub(crate) fn closes(&self, today: Date) -> Option<Date> {
        let from = self
            .last()
            .map_or(self.start, |last| last.tomorrow().unwrap());
        let mut day = today;
        while day >= from {
            if self.happens(day) {
                return Some(day);
            }
            day = day.yesterday().unwrap();
        }
        self.next()
    }
}

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) id: TaskId,
    pub(crate) title: String,
    pub(crate) notes: String,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) status: Status,
    pub(crate) priority: Priority,
    pub(crate) due: Option<Date>,
    pub(crate) course: Option<Course>,
    /// For which times of a task above it is done.
    pub(crate) done_for: BTreeSet<(usize, Date)>,
    pub(crate) parent: Option<TaskId>,
    /// When it was put into the trash, if it was.
    pub(crate) deleted: Option<i64>,
    /// When it was made.
    pub(crate) made: i64,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) items: BTreeMap<TaskId, Item>,
    /// Siblings in their order.
    pub(crate) below: BTreeMap<Option<TaskId>, Vec<TaskId>>,
    pub(crate) courses: usize,
    /// Days on which something was done.
    pub(crate) days: BTreeSet<Date>,
}

impl Model {
    pub(crate) fn above(&self, task: TaskId) -> Vec<TaskId> {
        let mut above = Vec::new();
        let mut at = self.items[&task].parent;
        while let Some(parent) = at {
            above.push(parent);
            at = self.items[&parent].parent;
        }
        above
    }

    pub(crate) fn is_trashed(&self, task: TaskId) -> bool {
        self.deleted_at(task).is_some()
    }

    /// When a task went into the trash, by itself or else with the nearest one above it.
    fn deleted_at(&self, task: TaskId) -> Option<i64> {
        let own = self.items[&task].deleted;
        let mut above = self.above(task).into_iter();
        own.or_else(|| above.find_map(|id| self.items[&id].deleted))
    }

    /// Whether the trash lists a task.
    pub(crate) fn is_in_trash(&self, task: TaskId, now_ms: i64) -> bool {
        let deleted = self.deleted_at(task);
        deleted.is_some_and(|at| now_ms - at < 30 * 86_400_000)
    }

    /// The time of the nearest task above that recurs.
    pub(crate) fn context(&self, task: TaskId) -> Option<(usize, Date)> {
        let mut courses = self
            .above(task)
            .into_iter()
            .filter_map(|id| self.items[&id].course.clone());
        let course = courses.next()?;
        Some((course.number, course.next()?))
    }

    pub(crate) fn is_done(&self, task: TaskId) -> bool {
        let item = &self.items[&task];
        item.status == Status::Done
            || match &item.course {
                Some(course) => course.next().is_none(),
                None => self
                    .context(task)
                    .is_some_and(|time| item.done_for.contains(&time)),
            }
    }

    /// When a task is due as it is shown.
    pub(crate) fn due(&self, task: TaskId, today: Date) -> Option<Date> {
        let item = &self.items[&task];
        match &item.course {
            Some(course) if self.is_done(task) => course.next(),
            Some(course) => course.closes(today),
            None => item.due,
        }
    }

    /// Which tasks stand where, with their depths.
    pub(crate) fn rows(&self, sort: Sort, today: Date) -> Vec<(TaskId, u32)> {
        let mut rows = Vec::new();
        self.add_rows(None, 0, sort, today, &mut rows);
        rows
    }

    fn add_rows(
        &self,
        parent: Option<TaskId>,
        depth: u32,
        sort: Sort,
        today: Date,
        rows: &mut Vec<(TaskId, u32)>,
    ) {
        let mut siblings = self.below.get(&parent).cloned().unwrap_or_default();
        siblings.sort_by(|a, b| {
            let (one, other) = (&self.items[a], &self.items[b]);
            let due = |task: &TaskId| {
                let due = self.due(*task, today);
                (due.is_none(), due)
            };
            let titles = (one.title.to_lowercase(), other.title.to_lowercase());
            let order = match sort {
                Sort::Manual => return core::cmp::Ordering::Equal,
                Sort::Newest => other.made.cmp(&one.made),
                Sort::Oldest => one.made.cmp(&other.made),
                Sort::Title => titles.0.cmp(&titles.1),
                Sort::TitleReversed => titles.1.cmp(&titles.0),
                Sort::Due => due(a).cmp(&due(b)),
                Sort::Priority => one.priority.cmp(&other.priority),
            };
            self.is_done(*a).cmp(&self.is_done(*b)).then(order)
        });
        for task in siblings {
            rows.push((task, depth));
            self.add_rows(Some(task), depth + 1, sort, today, rows);
        }
    }

    /// What is due on which day, and whether that is done.
    pub(crate) fn calendar(&self, from: Date, to: Date) -> Vec<(Date, bool, TaskId)> {
        let mut entries = Vec::new();
        for task in self.items.values().filter(|task| !self.is_trashed(task.id)) {
            let mut day = from;
            while day <= to {
                let on = match &task.course {
                    None => (task.due == Some(day)).then(|| self.is_done(task.id)),
                    Some(course) => match course.closed.get(&day) {
                        Some(done) => done.then_some(true),
                        None => {
                            let open = !self.is_done(task.id)
                                && course.last().is_none_or(|last| day > last)
                                && course.happens(day);
                            open.then_some(false)
                        }
                    },
                };
                entries.extend(on.map(|done| (day, done, task.id)));
                day = day.tomorrow().unwrap();
            }
        }
        let title = |task: &TaskId| self.items[task].title.clone();
        entries.sort_by_key(|(day, _, task)| (*day, title(task), *task));
        entries
    }

    /// Days in a row up to today or yesterday, and the most in a row.
    pub(crate) fn streak(&self, today: Date) -> (u32, u32) {
        let run = |mut day: Date| {
            let mut count = 0;
            while self.days.contains(&day) {
                count += 1;
                day = day.yesterday().unwrap();
            }
            count
        };
        let current = match run(today) {
            0 => run(today.yesterday().unwrap()),
            days => days,
        };
        (
            current,
            self.days.iter().map(|day| run(*day)).max().unwrap_or(0),
        )
    }

    pub(crate) fn finds(&self, task: TaskId, text: &str) -> bool {
        let fold = |text: &str| -> String {
            let plain = |c| match c {
                'ä' | 'à' => 'a',
                'é' | 'ë' => 'e',
                'ü' => 'u',
                c => c,
            };
            text.to_lowercase().chars().map(plain).collect()
        };
        let item = &self.items[&task];
        let said = fold(&format!("{} {}", item.title, item.notes));
        let words: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).collect();
        let wanted = fold(text);
        let mut wanted = wanted.split_whitespace();
        wanted.all(|wanted| words.iter().any(|word| word.starts_with(wanted)))
    }

    /// Makes a task recur, or end to.
    pub(crate) fn set_course(&mut self, task: TaskId, due: Option<Date>, rule: Option<Recurrence>) {
        let Some((start, rule)) = due.zip(rule) else {
            let item = self.items.get_mut(&task).unwrap();
            (item.due, item.course) = (due, None);
            return;
        };
        self.courses += 1;
        let course = Course {
            number: self.courses,
            start,
            rule,
            closed: BTreeMap::new(),
        };
        let first = course.next();
        let item = self.items.get_mut(&task).unwrap();
        (item.due, item.course) = (Some(start), Some(course));
        if item.status == Status::Done {
            item.status = Status::Open;
        }
        // What is done of it already is done for the first time only.
        let parts: Vec<TaskId> = self
            .items
            .keys()
            .copied()
            .filter(|id| self.above(*id).contains(&task))
            .collect();
        for part in parts {
            let part = self.items.get_mut(&part).unwrap();
            if let (None, Status::Done, Some(first)) = (&part.course, part.status, first) {
                part.status = Status::Open;
                part.done_for.insert((self.courses, first));
            }
        }
    }

    /// Completes or skips. False where there is nothing to do.
    pub(crate) fn close(&mut self, task: TaskId, done: bool, today: Date) {
        let context = self.context(task);
        let item = self.items.get_mut(&task).unwrap();
        if item.status == Status::Done {
            return;
        }
        if let Some(course) = &mut item.course {
            if let Some(day) = course.closes(today) {
                course.closed.insert(day, done);
                if done {
                    self.days.insert(today);
                }
            }
            return;
        }
        let is_new = match context {
            Some(time) => item.done_for.insert(time),
            None => {
                item.status = Status::Done;
                true
            }
        };
        if is_new {
            self.days.insert(today);
        }
    }

    pub(crate) fn reopen(&mut self, task: TaskId) {
        let context = self.context(task);
        let item = self.items.get_mut(&task).unwrap();
        if item.status == Status::Done {
            item.status = Status::Open;
        } else if let Some(course) = &mut item.course {
            course.closed.pop_last();
        } else if let Some(time) = context {
            item.done_for.remove(&time);
        }
    }

    /// Puts a task below a parent, at a place among its siblings.
    pub(crate) fn put(
        &mut self,
        task: TaskId,
        parent: Option<TaskId>,
        at: impl FnOnce(&[TaskId]) -> usize,
    ) {
        for siblings in self.below.values_mut() {
            siblings.retain(|id| *id != task);
        }
        let siblings = self.below.entry(parent).or_default();
        siblings.insert(at(siblings), task);
        self.items.get_mut(&task).unwrap().parent = parent;
    }
}

/// A task as it is made.
pub(crate) fn item(id: TaskId, title: String, made: i64) -> Item {
    Item {
        id,
        title,
        notes: String::new(),
        tags: Default::default(),
        status: Status::Open,
        priority: Priority::None,
        due: None,
        course: None,
        done_for: Default::default(),
        parent: None,
        deleted: None,
        made,
    }
}
