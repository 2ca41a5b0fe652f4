//! One device against the plainest model of a list: whatever is done, both show the same.

use jiff::Timestamp;
use jiff::civil::Date;
use poo_core::document::DocumentId;
use poo_core::model::interchange::ListLook;
use poo_core::model::{
    Answer, Command, ImportedTask, MovePlace, NewTask, Outcome, Priority, Query, Sort, Status,
    Task, TaskFilter, TaskId, TaskPatch,
};
use poo_core::replica::Replica;

use crate::common::{Bench, found, list};
use crate::model::{Item, Model, item};
use crate::workload::draw::{PRIORITIES, RULES, SORTS, STATUSES};
use crate::workload::random::{Random, each_seed};

const COMMANDS_EACH: usize = 60;
const WORDS: [&str; 6] = ["milk", "Äpfel", "café", "Zoë", "über", "bread"];
const TAGS: [&str; 3] = ["shop", "home", "work"];

struct Pair {
    bench: Bench,
    rng: Random,
    replica: Replica,
    list: DocumentId,
    model: Model,
    log: Vec<String>,
}

impl Pair {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.bench.now_ms).unwrap()
    }

    fn today(&self) -> Date {
        jiff::tz::TimeZone::UTC.to_datetime(self.now()).date()
    }

    fn a_day(&mut self) -> Date {
        let days = i64::try_from(self.rng.below(20)).unwrap() - 10;
        self.today()
            .checked_add(jiff::Span::new().days(days))
            .unwrap()
    }

    fn a_task(&mut self) -> Option<TaskId> {
        let all: Vec<TaskId> = self.model.items.keys().copied().collect();
        self.rng.pick(&all).copied()
    }

    fn a_title(&mut self) -> String {
        let number = self.rng.below(1_000);
        format!("{} {number}", self.rng.pick(&WORDS).unwrap())
    }

    fn run(&mut self, command: &Command) -> Option<Outcome> {
        self.log.push(serde_json::to_string(command).unwrap());
        self.replica.execute(command, &mut self.bench.env()).ok()
    }

    fn step(&mut self) -> Option<()> {
        let list = self.list;
        match self.rng.below(20) {
            0..=4 => self.create(),
            5 => {
                let title = self.a_title();
                let children = vec![ImportedTask {
                    title: self.a_title(),
                    ..ImportedTask::default()
                }];
                let first = ImportedTask {
                    title,
                    children,
                    ..ImportedTask::default()
                };
                let second = ImportedTask {
                    title: self.a_title(),
                    ..ImportedTask::default()
                };
                let titles = [
                    first.title.clone(),
                    first.children[0].title.clone(),
                    second.title.clone(),
                ];
                let command = Command::ImportTasks {
                    list,
                    tasks: vec![first, second],
                    look: ListLook::default(),
                    zone: None,
                };
                let Some(Outcome::Tasks { tasks, .. }) = self.run(&command) else {
                    panic!("no import");
                };
                let parents = [None, Some(tasks[0]), None];
                for ((id, title), parent) in tasks.iter().zip(titles).zip(parents) {
                    self.model
                        .items
                        .insert(*id, item(*id, title, self.bench.now_ms));
                    self.model.put(*id, parent, <[TaskId]>::len);
                }
            }
            6..=9 => self.edit()?,
            10 | 11 => {
                let task = self.a_task()?;
                self.run(&Command::CompleteTask {
                    list,
                    task,
                    zone: None,
                })?;
                let today = self.today();
                self.model.close(task, true, today);
            }
            12 => {
                let task = self.a_task()?;
                self.run(&Command::SkipTask {
                    list,
                    task,
                    zone: None,
                })?;
                let today = self.today();
                // Of a task that is done there is no time to skip.
                self.model.close(task, false, today);
            }
            13 => {
                let task = self.a_task()?;
                self.run(&Command::ReopenTask { list, task })?;
                self.model.reopen(task);
            }
            14..=16 => self.relocate()?,
            17 | 18 => {
                let task = self.a_task()?;
                let deleted = self.rng.chance(60);
                self.run(&if deleted {
                    Command::DeleteTask { list, task }
                } else {
                    Command::RestoreTask { list, task }
                })?;
                let now = self.bench.now_ms;
                let item = self.model.items.get_mut(&task)?;
                item.deleted = deleted.then(|| item.deleted.unwrap_or(now));
            }
            _ => self.bench.now_ms += 86_400_000,
        }
        Some(())
    }

    fn create(&mut self) {
        let recurs = self.rng.chance(25);
        let due = (recurs || self.rng.chance(40)).then(|| self.a_day());
        let rule = recurs.then(|| self.rng.pick(&RULES).unwrap().parse().unwrap());
        let parent = if self.rng.chance(40) {
            self.a_task()
        } else {
            None
        };
        let new = NewTask {
            title: self.a_title(),
            notes: self.rng.chance(30).then(|| self.a_title()),
            priority: self.rng.pick(&PRIORITIES).copied(),
            status: (!recurs).then(|| STATUSES[self.rng.below(4)]),
            due: due.map(|day| poo_core::model::Due::on(day).unwrap()),
            recurrence: rule.clone(),
            parent,
            tags: self
                .rng
                .chance(40)
                .then(|| TAGS[self.rng.below(3)].into())
                .into_iter()
                .collect(),
            ..NewTask::default()
        };
        let made = self.run(&Command::CreateTask {
            list: self.list,
            task: new.clone(),
        });
        let Some(Outcome::Task { task, .. }) = made else {
            panic!("{new:?} is refused");
        };
        let made = Item {
            notes: new.notes.unwrap_or_default(),
            tags: new.tags.into_iter().collect(),
            status: new.status.unwrap_or_default(),
            priority: new.priority.unwrap_or_default(),
            ..item(task, new.title, self.bench.now_ms)
        };
        self.model.items.insert(task, made);
        self.model.put(task, parent, |_| 0);
        self.model.set_course(task, due, rule);
    }

    fn edit(&mut self) -> Option<()> {
        let task = self.a_task()?;
        let mut patch = TaskPatch::default();
        match self.rng.below(7) {
            0 => patch.title = Some(self.a_title()),
            1 => patch.notes = Some(self.a_title()),
            2 => patch.priority = self.rng.pick(&PRIORITIES).copied(),
            3 => patch.status = self.rng.pick(&STATUSES).copied(),
            4 => {
                let tag = self.rng.pick(&TAGS).map(|tag| (*tag).to_owned());
                if self.rng.chance(50) {
                    patch.add_tags.extend(tag);
                } else {
                    patch.remove_tags.extend(tag);
                }
            }
            5 => {
                patch.due = Some(
                    self.rng
                        .chance(70)
                        .then(|| poo_core::model::Due::on(self.a_day()).unwrap()),
                )
            }
            _ => {
                patch.due = Some(Some(poo_core::model::Due::on(self.a_day()).unwrap()));
                let rule = self.rng.pick(&RULES).unwrap().parse().unwrap();
                patch.recurrence = Some(self.rng.chance(70).then_some(rule));
            }
        }
        self.run(&Command::EditTask {
            list: self.list,
            task,
            patch: patch.clone(),
        })?;
        let today = self.today();
        if let Some(due) = &patch.due {
            let due = due.as_ref().map(poo_core::model::Due::date);
            let course = self.model.items[&task].course.as_ref();
            let (old, next) = (
                course.map(|c| c.rule.clone()),
                course.and_then(|c| c.next()),
            );
            let rule = patch.recurrence.clone().unwrap_or(old.clone());
            if rule.is_none() || rule != old || due != next {
                self.model.set_course(task, due, rule);
            }
        }
        match patch.status {
            Some(Status::Done) => self.model.close(task, true, today),
            Some(status) => {
                if self.model.is_done(task) {
                    self.model.reopen(task);
                }
                self.model.items.get_mut(&task)?.status = status;
            }
            None => {}
        }
        let item = self.model.items.get_mut(&task)?;
        item.title = patch.title.unwrap_or(core::mem::take(&mut item.title));
        item.notes = patch.notes.unwrap_or(core::mem::take(&mut item.notes));
        item.priority = patch.priority.unwrap_or(item.priority);
        item.tags.extend(patch.add_tags);
        item.tags.retain(|tag| !patch.remove_tags.contains(tag));
        Some(())
    }

    fn relocate(&mut self) -> Option<()> {
        let (task, other) = (self.a_task()?, self.a_task()?);
        let way = self.rng.below(4);
        let place = match way {
            0 => MovePlace {
                parent: Some(Some(other)),
                ..MovePlace::default()
            },
            1 => MovePlace {
                after: Some(other),
                ..MovePlace::default()
            },
            2 => MovePlace {
                before: Some(other),
                ..MovePlace::default()
            },
            _ => MovePlace {
                parent: Some(None),
                ..MovePlace::default()
            },
        };
        let parent = match way {
            0 => Some(other),
            1 | 2 => self.model.items[&other].parent,
            _ => None,
        };
        let below_itself =
            parent.is_some_and(|parent| parent == task || self.model.above(parent).contains(&task));
        let beside_itself = task == other && (way == 1 || way == 2);
        let moved = self.run(&Command::MoveTask {
            list: self.list,
            task,
            place,
        });
        assert_eq!(moved.is_none(), below_itself || beside_itself);
        moved?;
        self.model.put(task, parent, |siblings| {
            let at = siblings.iter().position(|id| *id == other);
            match way {
                1 => at.unwrap() + 1,
                2 => at.unwrap(),
                _ => 0,
            }
        });
        Some(())
    }

    fn tasks(&self, filter: TaskFilter) -> Vec<Task> {
        self.tasks_of(&Query::Tasks {
            list: Some(self.list),
            filter,
            limit: Some(10_000),
            cursor: None,
        })
    }

    fn tasks_of(&self, query: &Query) -> Vec<Task> {
        match self.replica.query(query, self.now()) {
            Ok(Answer::Tasks(page)) => page.items,
            other => panic!("{other:?}"),
        }
    }

    fn check(&mut self) {
        let today = self.today();
        let model = &self.model;
        let now = self.bench.now_ms;
        let shown = |task: TaskId, deleted: bool| match deleted {
            true => model.is_in_trash(task, now),
            false => !model.is_trashed(task),
        };
        for sort in SORTS {
            for deleted in [false, true] {
                let found = self.tasks(TaskFilter {
                    sort: Some(sort),
                    deleted,
                    ..TaskFilter::default()
                });
                let found: Vec<_> = found
                    .into_iter()
                    .map(|task| (task.id, task.depth))
                    .collect();
                let mut expected = model.rows(sort, today);
                expected.retain(|(task, _)| shown(*task, deleted));
                assert_eq!(found, expected, "by {sort}, trash {deleted}");
            }
        }
        for task in self.tasks(TaskFilter::default()) {
            let item = &model.items[&task.id];
            let status = if model.is_done(task.id) {
                Status::Done
            } else {
                item.status
            };
            assert_eq!(task.status, status, "the status of {}", task.title);
            let due = task.due.as_ref().map(poo_core::model::Due::date);
            assert_eq!(due, model.due(task.id, today), "when {} is due", task.title);
            assert_eq!((&task.title, &task.notes), (&item.title, &item.notes));
            assert_eq!((task.priority, task.parent), (item.priority, item.parent));
            assert!(task.tags.iter().eq(&item.tags));
            let late = !task.done && due.is_some_and(|due| due < today);
            assert_eq!(task.overdue, late, "whether {} is overdue", task.title);
            let parts = model.below.get(&Some(task.id)).cloned().unwrap_or_default();
            let parts: Vec<_> = parts
                .into_iter()
                .filter(|id| model.items[id].deleted.is_none())
                .collect();
            let done = parts.iter().filter(|id| model.is_done(**id)).count();
            let progress = task.progress.map(|p| (p.done as usize, p.total as usize));
            assert_eq!(progress, (!parts.is_empty()).then_some((done, parts.len())));
        }
        self.check_filters(today);
        self.check_agenda(today);
    }

    fn check_filters(&self, today: Date) {
        let model = &self.model;
        let fits = |name: &str, filter: TaskFilter, fits: &dyn Fn(&Item) -> bool| {
            let shown: Vec<_> = self.tasks(filter).into_iter().map(|task| task.id).collect();
            let rows = model
                .rows(Sort::Manual, today)
                .into_iter()
                .map(|(task, _)| task);
            let expected: Vec<_> = rows
                .filter(|task| !model.is_trashed(*task) && fits(&model.items[task]))
                .collect();
            assert_eq!(shown, expected, "{name}");
        };
        for status in STATUSES {
            fits(
                "status",
                TaskFilter {
                    status: Some(status),
                    ..TaskFilter::default()
                },
                &|item| {
                    let done = model.is_done(item.id);
                    if done {
                        status == Status::Done
                    } else {
                        item.status == status
                    }
                },
            );
        }
        let priority = Some(Priority::High);
        fits(
            "priority",
            TaskFilter {
                priority,
                ..TaskFilter::default()
            },
            &|item| item.priority == Priority::High,
        );
        let tag = Some("shop".to_owned());
        fits(
            "tag",
            TaskFilter {
                tag,
                ..TaskFilter::default()
            },
            &|item| item.tags.contains("shop"),
        );
        let (due_from, due_to) = (today.yesterday().ok(), today.tomorrow().ok());
        fits(
            "due",
            TaskFilter {
                due_from,
                due_to,
                ..TaskFilter::default()
            },
            &|item| {
                let due = model.due(item.id, today);
                due.is_some() && due >= due_from && due <= due_to
            },
        );
        fits(
            "overdue",
            TaskFilter {
                overdue: true,
                ..TaskFilter::default()
            },
            &|item| {
                model.due(item.id, today).is_some_and(|due| due < today) && !model.is_done(item.id)
            },
        );
        for text in ["apf", "zoe", "milk 1", "ÜB", "cafe"] {
            fits(
                "text",
                TaskFilter {
                    text: Some(text.into()),
                    ..TaskFilter::default()
                },
                &|item| model.finds(item.id, text),
            );
            let query = Query::Search {
                text: text.into(),
                list: None,
                limit: Some(500),
            };
            let Ok(Answer::Found(page)) = self.replica.query(&query, self.now()) else {
                panic!("no search");
            };
            let mut shown: Vec<_> = page.items.into_iter().map(|found| found.task.id).collect();
            shown.sort_unstable();
            let all = model.items.keys().copied();
            let expected: Vec<_> = all
                .filter(|task| !model.is_trashed(*task) && model.finds(*task, text))
                .collect();
            assert_eq!(shown, expected, "search for {text}");
        }
    }

    fn check_agenda(&self, today: Date) {
        let model = &self.model;
        let agenda = |name: &str, query: &Query, fits: &dyn Fn(&Item, Option<Date>) -> bool| {
            let shown: Vec<_> = self
                .tasks_of(query)
                .into_iter()
                .map(|task| task.id)
                .collect();
            let mut expected: Vec<&Item> = model
                .items
                .values()
                .filter(|item| !model.is_trashed(item.id) && !model.is_done(item.id))
                .filter(|item| fits(item, model.due(item.id, today)))
                .collect();
            expected.sort_by_key(|item| {
                let due = model.due(item.id, today);
                (
                    due.is_none(),
                    due,
                    item.priority,
                    item.title.clone(),
                    item.id,
                )
            });
            let expected: Vec<_> = expected.into_iter().map(|item| item.id).collect();
            assert_eq!(shown, expected, "{name}");
        };
        agenda("focus", &Query::Focus { zone: None }, &|item, _| {
            item.priority == Priority::High && item.parent.is_none()
        });
        agenda("today", &Query::Today { zone: None }, &|_, due| {
            due.is_some_and(|due| due <= today)
        });
        let week = today.checked_add(jiff::Span::new().days(7)).unwrap();
        agenda(
            "upcoming",
            &Query::Upcoming {
                days: None,
                zone: None,
            },
            &|_, due| due.is_some_and(|due| due > today && due <= week),
        );
        let from = today.checked_sub(jiff::Span::new().days(15)).unwrap();
        let to = today.checked_add(jiff::Span::new().days(30)).unwrap();
        let query = Query::Calendar {
            list: None,
            from,
            to,
            zone: None,
        };
        let Ok(Answer::Calendar(page)) = self.replica.query(&query, self.now()) else {
            panic!("no calendar");
        };
        let shown: Vec<_> = page
            .items
            .iter()
            .map(|e| (e.due.date(), e.done, e.task.id))
            .collect();
        assert_eq!(shown, model.calendar(from, to), "calendar");
        let Ok(Answer::Streak(streak)) = self
            .replica
            .query(&Query::Streak { zone: None }, self.now())
        else {
            panic!("no streak");
        };
        assert_eq!(
            (streak.current, streak.longest),
            model.streak(today),
            "streak"
        );
        assert_eq!(streak.days as usize, model.days.len());
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in &self.log {
                eprintln!("{line}");
            }
        }
    }
}

#[test]
fn one_device_shows_what_the_plainest_model_does() {
    each_seed(8, |seed| {
        let mut bench = Bench::new(seed);
        let mut replica = found(&mut bench, "Sam");
        let list = list(&mut replica, &mut bench, "Plans");
        let mut pair = Pair {
            bench,
            rng: Random::new(seed),
            replica,
            list,
            model: Model::default(),
            log: Vec::new(),
        };
        for at in 0..COMMANDS_EACH {
            pair.step();
            if at % 4 == 0 || at + 1 == COMMANDS_EACH {
                pair.check();
            }
        }
    });
}
