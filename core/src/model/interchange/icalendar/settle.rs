//! Makes a task of a component that was read: what its properties come to together.

use super::draft::Draft;
use super::file::File;
use crate::model::Status;
use crate::model::interchange::bytes::readable;
use crate::model::interchange::task::ImportedTask;

impl Draft {
    /// Puts the task together.
    pub(super) fn finish(&mut self, file: &mut File<'_>) -> ImportedTask {
        let line = self.task.line;
        let is_todo = self.is("VTODO");
        if !is_todo {
            let kind = readable(&self.kind).into_owned();
            let reason = format!("{kind} is no to-do; it is a task now");
            file.warnings.add(line, &self.task.title, reason);
            if self.task.title.is_empty() {
                self.task.title = kind;
            }
        }
        if self.is_instance {
            self.uid = None;
        }
        if self.task.assignee.is_none() {
            self.task.assignee = self.organizer.take();
        }
        let is_from_end = self.settle_due(file, is_todo);
        self.settle_alarms(file, is_from_end);
        self.settle_status(file);
        let tags = core::mem::take(&mut self.task.tags);
        self.task.set_tags(tags);
        self.task.notes = self.task.notes.take().filter(|notes| !notes.is_empty());
        for text in core::mem::take(&mut self.left) {
            self.task.add_notes(&text);
        }
        core::mem::take(&mut self.task)
    }

    /// Finds the due date; says whether it is the end rather than the beginning.
    fn settle_due(&mut self, file: &mut File<'_>, is_todo: bool) -> bool {
        let length = self.length.take();
        let Some((line, start, text)) = self.start.clone() else {
            if let Some((line, _, text)) = length {
                self.keep(
                    file,
                    line,
                    &text,
                    "a duration without a beginning has no field",
                );
            }
            return true;
        };
        if let Some(due) = &self.task.due {
            if *due != start {
                self.keep(
                    file,
                    line,
                    &text,
                    "the beginning has no field beside the due date",
                );
            }
            if let Some((line, _, text)) = length {
                self.keep(
                    file,
                    line,
                    &text,
                    "a duration has no field beside the due date",
                );
            }
            return true;
        }
        if let Some((length_line, length, length_text)) = length {
            let end = length.after(&start).filter(|_| is_todo);
            if end.is_some() {
                self.keep(
                    file,
                    line,
                    &text,
                    "the beginning has no field beside the due date",
                );
                self.task.due = end;
                return true;
            }
            self.keep(
                file,
                length_line,
                &length_text,
                "this duration has no field",
            );
        }
        self.task.due = Some(start);
        false
    }

    fn settle_alarms(&mut self, file: &mut File<'_>, is_from_end: bool) {
        let is_same = match &self.start {
            None => true,
            Some((_, start, _)) => self.task.due.as_ref() == Some(start) && is_from_end,
        };
        for alarm in core::mem::take(&mut self.alarms) {
            let due = self.task.due.as_ref();
            match alarm.reminder(due, file.zone, is_from_end, is_same) {
                Some(reminder) => self.task.reminders.push(reminder),
                None => {
                    let reason = "a reminder rings some minutes, hours or days before the due date";
                    self.keep(file, alarm.line, &alarm.trigger, reason);
                }
            }
        }
    }

    fn settle_status(&mut self, file: &mut File<'_>) {
        let completed = self.task.completed.is_some() || self.percent >= 100;
        self.task.status = match self.status {
            Some(Status::Open) if self.is_blocked => Status::Blocked,
            Some(status) => status,
            None if completed => Status::Done,
            None if self.percent > 0 => Status::InProgress,
            None => Status::Open,
        };
        if self.task.status != Status::Done
            && let Some(day) = self.task.completed.take()
        {
            let line = self.task.line;
            self.keep(
                file,
                line,
                &format!("COMPLETED: {day}"),
                "it is not done by its STATUS",
            );
        }
    }
}
