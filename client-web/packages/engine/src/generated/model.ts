// Made from the Rust types by tests/tests/typescript.rs. Do not edit: change those.

/** The id of a document: a list. */
export type DocumentId = string;

/** The id of a task or a comment: a UUIDv7. */
export type TaskId = string;

/** Who somebody is: a `did:key`. */
export type Did = string;

/** A file by what is in it: its SHA-256, in hexadecimal. */
export type BlobHash = string;

/** A day, `2026-11-23`, or a time in a zone, `2026-11-23T09:00[Europe/Berlin]`. */
export type Due = string;

/** A rule of RFC 5545 without a name in front: `FREQ=DAILY`. */
export type Recurrence = string;

/** How long before it is due: `30m`, `2h`, `1d`. */
export type Reminder = string;

/** A moment: RFC 3339, in UTC, with milliseconds. */
export type Timestamp = string;

/** A day: `2026-11-23`. */
export type Date = string;

/** One thing that somebody did. */
export type Activity = {
  /** Names the row: the same on every replica. */
  id: string;
  /** The list. */
  list: DocumentId;
  /** When, as its author claims. */
  at: Timestamp;
  /** Whether that claim lies more than ten minutes ahead of the reader's clock. */
  ahead?: boolean;
  /** Who did it: whose signature covers the change, or who said so in a statement. */
  actor: Did | null;
  /** Their name. */
  actorName: string;
  /** What was done. */
  action: ActivityAction;
  /** With which task. */
  task?: TaskId;
  /** What that task is called now. */
  taskTitle?: string;
  /** With which comment. */
  comment?: string;
  /** With which member, by name: the assignee, or who came, went or has another role. */
  memberName?: string;
} & ActivityDetail;

/** What was done. */
export type ActivityAction =
  /** Something was made. */
  | "created"
  /** A task was completed, or this time of one that recurs. */
  | "completed"
  /** This time of a task that recurs was left out. */
  | "skipped"
  /** A task is to be done again. */
  | "reopened"
  /** A task was given to somebody, or taken from them. */
  | "assigned"
  /** Somebody said something about a task. */
  | "commented"
  /** Fields were changed. */
  | "edited"
  /** A task got another place. */
  | "moved"
  /** Something was put away. */
  | "deleted"
  /** Something was brought back. */
  | "restored"
  /** Somebody came into the list. */
  | "joined"
  /** Somebody gave up their access to the list. */
  | "left"
  /** Somebody's access to the list was taken from them. */
  | "removed"
  /** Somebody may do more or less in the list. */
  | "role_changed"
  /** Something was written into the activity of a list. */
  | "note";

/** What else is to be said of an action. */
export type ActivityDetail = {
  /** The title that something was created with. */
  title?: string;
  /** The fields that were edited. */
  fields?: FieldEdit[];
  /** Which time of a task that recurs. */
  occurrence?: string;
  /**
   * Who a task was given to, absent where it was taken from somebody; or the member who came,
   * went or has another role.
   */
  assignee?: string;
  /** What a member may do since they came or their role was changed. */
  role?: Role;
  /** The text of a comment or a note, shortened. */
  text?: string;
};

/** Where a row of the activity comes from. */
export type ActivityKind =
  /** Somebody wrote it. */
  | "note"
  /** It follows from what somebody did. */
  | "derived";

/** An aisle of a grocery list's own. */
export type Aisle = {
  /** Its name. */
  name: string;
  /** What belongs there. */
  keywords: string[];
};

/** The answer to a query. */
export type Answer =
  /** To `Query::Whoami`. */
  | Identity
  /** To `Query::Lists`. */
  | Page<List>
  /** To `Query::List` and `Query::FindList`. */
  | List
  /** To `Query::Tasks`, `Query::Focus`, `Query::Today` and `Query::Upcoming`. */
  | Page<Task>
  /** To `Query::Task` and `Query::FindTask`. */
  | Task
  /** To `Query::Reminders`. */
  | Page<Reminding>
  /** To `Query::Calendar`. */
  | Page<CalendarEntry>
  /** To `Query::Search`. */
  | Page<Found>
  /** To `Query::Comments`. */
  | Page<Comment>
  /** To `Query::Tags`. */
  | Page<Tag>
  /** To `Query::Aisles`. */
  | Page<Aisle>
  /** To `Query::Stands`. */
  | Page<Stand>
  /** To `Query::Activity`. */
  | Page<Activity>
  /** To `Query::Folders`. */
  | Page<Folder>
  /** To `Query::Templates`. */
  | Page<TemplateView>
  /** To `Query::Settings`. */
  | Record<string, string>
  /** To `Query::Streak`. */
  | Streak
  /** To `Query::QuickAdd`. */
  | QuickAdd
  /** To `Query::Members`. */
  | Page<Member>
  /** To `Query::FindMember`. */
  | Member
  /** To `Query::Tickets`. */
  | Page<TicketView>
  /** To `Query::Invites`. */
  | Page<InviteView>
  /** To `Query::Devices`. */
  | Page<Device>
  /** To `Query::Verify`. */
  | VerifyReport
  /** To `Query::Export`. */
  | string
  /** To `Query::Pending`. */
  | Page<PendingList>;

/** Who a task is for. */
export type Assignee = {
  /** Who. */
  did: Did;
  /** Their name. */
  name: string;
  /** Since when, by the clock of whoever assigned it. */
  assignedAt: Timestamp | null;
  /** Whether they have left the list: somebody else has to be found. */
  left?: boolean;
};

/** A file that a task carries. */
export type Attachment = {
  /** Its id: the SHA-256 of the file, in hexadecimal. */
  id: string;
  /** What the file is called. */
  name: string;
  /**
   * Its media type: what whoever attached it claims, or `application/octet-stream` if the file is
   * here and is something else. Until it is here, the claim is all that is known.
   */
  mime: string;
  /** Its size in bytes. */
  size: number;
  /** Whether the file itself is on this device. */
  here: boolean;
};

/** What one author contributed. */
export type AuthorReport = {
  /** Who. */
  did: Did;
  /** Their name. */
  name: string;
  /** How their authorship is proven. */
  via: Via;
  /** How many changes. */
  changes: number;
  /** Whether they are still allowed to write. */
  mayWrite: boolean;
};

/** A time at which something is to be done. */
export type CalendarEntry = {
  /** When. */
  due: Due;
  /** Whether it is done. */
  done: boolean;
  /** What. */
  task: Task;
};

/**
 * Something to do. Every command works offline; sharing, linking and revoking take effect for
 * others when this replica has synced.
 */
export type Command =
  /** Makes a list. Outcome: `Outcome::List`. */
  | {
    type: "create_list";
    /** Its title, 1 to 200 characters. */
    title: string;
  }
  /** Gives a list another title. */
  | {
    type: "rename_list";
    /** The list. */
    list: DocumentId;
    /** The new title, 1 to 200 characters. */
    title: string;
  }
  /** Changes how a list looks, for everybody; what is not named stays untouched. */
  | {
    type: "edit_list";
    /** The list. */
    list: DocumentId;
  } & ListPatch
  /** Changes where a list stands among one's own lists; nobody else sees it. */
  | {
    type: "place_list";
    /** The list. */
    list: DocumentId;
  } & ListPlace
  /**
   * Makes a list that looks like another one, with a copy of everything that is to do there.
   * Comments, files and history stay behind. Outcome: `Outcome::List`.
   */
  | {
    type: "duplicate_list";
    /** The list to copy. */
    list: DocumentId;
    /** The copy's title; that of the original unless told. */
    title?: string;
  }
  /** Makes a list from a template. Outcome: `Outcome::List`. */
  | {
    type: "create_from_template";
    /** The id of a built-in or saved template. */
    template: string;
    /** The list's title; the template's unless told. */
    title?: string;
  }
  /** Keeps a copy of a list as a template of one's own. Outcome: `Outcome::Made`. */
  | {
    type: "save_template";
    /** The list. */
    list: DocumentId;
    /** What to call it; as the list unless told. */
    title?: string;
  }
  /** Puts a saved template away. */
  | {
    type: "delete_template";
    /** Its id. */
    template: string;
  }
  /** Makes a folder for lists. Outcome: `Outcome::Made`. */
  | {
    type: "create_folder";
    /** Its name, 1 to 200 characters. */
    name: string;
  }
  /** Gives a folder another name. */
  | {
    type: "rename_folder";
    /** Its id. */
    folder: string;
    /** The new name, 1 to 200 characters. */
    name: string;
  }
  /** Takes a folder away; the lists in it stay, outside of any folder. */
  | {
    type: "delete_folder";
    /** Its id. */
    folder: string;
  }
  /** Sets a preference of this person, on all of their devices. */
  | {
    type: "set_setting";
    /** Which: up to 100 characters. */
    name: string;
    /** Its value, up to 10,000 characters; none takes it off. */
    value?: string;
  }
  /**
   * Puts a list away for everybody; its content stays and `Command::RestoreList` brings
   * it back.
   */
  | {
    type: "delete_list";
    /** The list. */
    list: DocumentId;
  }
  /** Brings a deleted list back. */
  | {
    type: "restore_list";
    /** The list. */
    list: DocumentId;
  }
  /** Makes a task, on top of its siblings. Outcome: `Outcome::Task`. */
  | {
    type: "create_task";
    /** The list that it goes to. */
    list: DocumentId;
  } & NewTask
  /** Changes fields of a task; what is not named stays untouched. */
  | {
    type: "edit_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  } & TaskPatch
  /**
   * Marks a task as done. Of one that recurs it closes the latest time that has come, or the
   * next one where none has; what was missed before is not queued.
   */
  | {
    type: "complete_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
    /** The person's time zone, an IANA name: it says which day it is; UTC unless told. */
    zone?: string;
  }
  /** Leaves out one time of a task that recurs: the one that completing would close. */
  | {
    type: "skip_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
    /** The person's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /** Marks a task as open again. */
  | {
    type: "reopen_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  }
  /** Moves a task under another parent or to another place among its siblings. */
  | {
    type: "move_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  } & MovePlace
  /** Puts a task, with its subtasks, into the trash. */
  | {
    type: "delete_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  }
  /** Takes a task out of the trash. */
  | {
    type: "restore_task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  }
  /**
   * Attaches a file to a task. Its bytes are here already
   * (`Replica::put_blob`); a file that the task carries
   * already gets the new name.
   */
  | {
    type: "attach";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  } & NewFile
  /** Takes a file off a task. */
  | {
    type: "detach";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
    /** The attachment's id. */
    attachment: BlobHash;
  }
  /**
   * Adds many tasks at once, below those that are there, in their given order.
   * Outcome: `Outcome::Tasks`.
   */
  | {
    type: "import_tasks";
    /** The list. */
    list: DocumentId;
    /** What to add. */
    tasks: ImportedTask[];
    /**
     * How the list they come from looks: a list that has no icon, colour or layout of its
     * own takes that over, and so do its tags, and it gets the aisles that it lacks.
     */
    look?: ListLook;
    /** The person's time zone, an IANA name: for due dates in words; UTC unless told. */
    zone?: string;
  }
  /**
   * Changes a tag of a list, wherever it is; what is not named stays untouched. A tag that is
   * not there yet is made.
   */
  | {
    type: "edit_tag";
    /** The list. */
    list: DocumentId;
    /** The tag's name. */
    tag: string;
    /** Another name, 1 to 50 characters. */
    name?: string;
    /** Its colour; `null` takes it off. */
    color?: string | null;
  }
  /** Takes a tag off a list and all its tasks. */
  | {
    type: "delete_tag";
    /** The list. */
    list: DocumentId;
    /** The tag's name. */
    tag: string;
  }
  /** Adds an aisle of its own to a grocery list, or gives one other keywords. */
  | {
    type: "set_aisle";
    /** The list. */
    list: DocumentId;
    /** Its name, 1 to 50 characters. */
    name: string;
    /** What belongs there: up to 200 words or phrases. */
    keywords?: string[];
  }
  /** Takes an aisle of its own off a list. */
  | {
    type: "remove_aisle";
    /** The list. */
    list: DocumentId;
    /** Its name. */
    name: string;
  }
  /** Says something about a task. Outcome: `Outcome::Comment`. */
  | {
    type: "add_comment";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
    /** Markdown, 1 to 10,000 characters. */
    text: string;
  }
  /** Changes what one said. */
  | {
    type: "edit_comment";
    /** The list. */
    list: DocumentId;
    /** The comment. */
    comment: TaskId;
    /** Markdown, 1 to 10,000 characters. */
    text: string;
  }
  /** Takes back what one said; an owner of the list can take back anything. */
  | {
    type: "delete_comment";
    /** The list. */
    list: DocumentId;
    /** The comment. */
    comment: TaskId;
  }
  /** Writes a note into the activity of a list. Outcome: `Outcome::Comment`. */
  | {
    type: "log_note";
    /** The list. */
    list: DocumentId;
    /** 1 to 10,000 characters. */
    text: string;
  }
  /**
   * Takes back this device's last action that has not been taken back: what it changed is again
   * as it was, except where somebody changed it since. Outcome: `Outcome::Undone`.
   */
  | { type: "undo" }
  /** Makes the action again that was taken back last. Outcome: `Outcome::Undone`. */
  | { type: "redo" }
  /** Sets how this identity is shown to others. */
  | {
    type: "set_profile";
    /** The name, 1 to 100 characters. */
    name: string;
    /** The colour of the avatar, up to 32 characters; it stays where none is given. */
    color?: string;
  }
  /** Makes a single-use invite to a list. Outcome: `Outcome::Invite`. */
  | {
    type: "share";
    /** The list. */
    list: DocumentId;
    /** What the joiner will be allowed to do. */
    role: Role;
    /** For how long the invite is good, in seconds; 7 days unless told. */
    expiresInS?: number;
  }
  /**
   * Makes an identity for an agent that has no keys of its own, and its profile. Outcome:
   * `Outcome::Agent`.
   */
  | {
    type: "create_agent";
    /** The name that others see, 1 to 100 characters. */
    name: string;
    /** What it runs on, 1 to 100 characters. */
    platform?: string;
    /** The colour of its avatar, up to 32 characters. */
    color?: string;
  }
  /** Gives somebody a role in a list by their DID, without an invite: an agent, say. */
  | {
    type: "add_member";
    /** The list. */
    list: DocumentId;
    /** Who. */
    member: Did;
    /** What they may do. */
    role: Role;
    /** Who may sign for them there, since they cannot: a key of a relay's. */
    witness?: Did;
  }
  /** Takes a member's access to a list away. What they wrote so far stays. */
  | {
    type: "revoke_member";
    /** The list. */
    list: DocumentId;
    /** Who. */
    member: Did;
  }
  /** Ends a device of this identity. What it wrote so far stays. */
  | {
    type: "revoke_device";
    /** The device's id, as `Query::Devices` lists it. */
    device: string;
  }
  /** Prepares a link for another device of the same person. Outcome: `Outcome::DeviceLink`. */
  | { type: "link_device" }
  /**
   * Gives up one's own access to a list. What one wrote stays, and a copy is kept here. The
   * only owner passes the list on first.
   */
  | {
    type: "leave_list";
    /** The list. */
    list: DocumentId;
  }
  /** Makes a member the owner of a list in one's own place, and oneself an editor. */
  | {
    type: "transfer_ownership";
    /** The list. */
    list: DocumentId;
    /** Who shall own it. */
    to: Did;
  }
  /** Gives a member another role. What they wrote so far stays. */
  | {
    type: "change_role";
    /** The list. */
    list: DocumentId;
    /** Who. */
    member: Did;
    /** What they may do from now on. */
    role: Role;
  }
  /**
   * Takes back an invite that nobody used yet, or a public link with the access of all who
   * joined by it.
   */
  | {
    type: "revoke_invite";
    /** The list. */
    list: DocumentId;
    /**
     * The invite's id or the beginning of it, as `Query::Invites`
     * lists it.
     */
    invite: string;
  }
  /**
   * Makes a public link: whoever has it may read the list. A list has one, and asking again
   * gives the same. Outcome: `Outcome::Invite`.
   */
  | {
    type: "publish";
    /** The list. */
    list: DocumentId;
  }
  /**
   * Makes a ticket: an address at which programs that speak Automerge's own sync, and cannot
   * sign, act for this identity. The relay signs for them, which this lets it do. Outcome:
   * `Outcome::Ticket`.
   */
  | {
    type: "create_ticket";
    /** The one list that it is for; all documents of this identity unless told. */
    list?: DocumentId;
    /** How many clients it serves, 1 to 10,000; one unless told. */
    uses?: number;
    /** For how long it is good, in seconds; a day unless told, at most a year. */
    expiresInS?: number;
  }
  /**
   * Takes a ticket back: whoever came with it is cut off, and it lets nobody in, as soon as
   * the relay knows. Outcome: `Outcome::Done`.
   */
  | {
    type: "revoke_ticket";
    /**
     * The ticket's id or the beginning of it, as `Query::Tickets`
     * lists it; or the address itself, of a ticket made on another device of this identity.
     */
    ticket: string;
  }
  /** Ends a list's public link, and the access of those who joined by it. */
  | {
    type: "unpublish";
    /** The list. */
    list: DocumentId;
  };

/** Something that was said about a task, or noted about a list. */
export type Comment = {
  /** Its id. */
  id: TaskId;
  /** Who said it: whose signature covers the change that did. */
  author: Did | null;
  /** Their name. */
  authorName: string;
  /** Markdown. */
  text: string;
  /** When, by the author's clock. */
  createdAt: Timestamp | null;
  /** When it was last changed, by its author's clock. */
  editedAt?: Timestamp;
};

/** A value that lost to a concurrent one. */
export type Conflict = {
  /** The field. */
  field: string;
  /** The other value, as text. */
  value: string;
  /** Who set it. */
  by: Did | null;
};

/** A device of this identity. */
export type Device = {
  /** Its id: the short form of its key. */
  id: string;
  /** What its owner calls it. */
  name: string;
  /** Whether it is this one. */
  this: boolean;
  /** Whether it was revoked. */
  revoked: boolean;
  /** When it was linked, by its linker's clock. */
  linkedAt: Timestamp | null;
};

/** The forms in which a list can be exported. */
export type ExportFormat =
  /** JSON with every field. */
  | "json"
  /** A Markdown task list. */
  | "markdown"
  /** todo.txt. */
  | "todo.txt"
  /** iCalendar (RFC 5545), a to-do for each task. */
  | "icalendar";

/** A field that was changed. */
export type FieldEdit = {
  /** The field. */
  field: string;
  /** What it held before, as its author knew it. */
  old?: string;
  /** What it was set to. */
  new?: string;
};

/** A folder of a person's lists. */
export type Folder = {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** How many lists are in it. */
  lists: number;
};

/** Something that was found. */
export type Found = {
  /** The task. */
  task: Task;
  /** Where it was found, with the words that fit between `` and ``. */
  excerpt: string;
};

/** Who a replica acts for. */
export type Identity = {
  /** The identity. */
  did: Did;
  /** How others see it. */
  name: string;
  /** This device's id. */
  device: string;
  /** Whether the identity secret rests on this device. */
  holdsIdentity: boolean;
  /** The colour of the avatar. */
  color?: string;
  /** Whether this is an agent. */
  isAgent: boolean;
  /** What the agent runs on. */
  agentPlatform?: string;
  /** Who connected the agent. */
  connectedBy?: Did;
  /** The relay that this replica syncs with. */
  relay?: string;
};

/** A text that was read. */
export type Import = {
  /** The list's title, where the text has one. */
  title?: string;
  /** How the list looks, as far as the text says. */
  look?: ListLook;
  /** The tasks of the top level, in their order. */
  tasks: ImportedTask[];
  /** What to tell whoever imports, by line. */
  warnings: ImportWarning[];
};

/** Something in a text that was not taken as it was meant, and how it was kept. */
export type ImportWarning = {
  /** The line, counted from 1. */
  line: number;
  /** What stands there, shortened. */
  text: string;
  /** What is the matter and what became of it. */
  reason: string;
};

/** A comment on a task, read from a text or to be written as one. */
export type ImportedComment = {
  /** What was said, as Markdown. */
  text?: string;
  /** Who said it: a name as it was written. */
  author?: string;
  /** When it was said. Written with milliseconds; where a text has only a day, its beginning. */
  created?: Timestamp;
};

/**
 * A task that was read from a text, with the tasks below it. It keeps the bounds of
 * `limits`, so that it can be added to a list as it is.
 */
export type ImportedTask = {
  /** What is to be done. */
  title?: string;
  /** Markdown. */
  notes?: string;
  /** A link. */
  url?: string;
  /** How far it is. */
  status?: Status;
  /** How urgent it is. */
  priority?: Priority;
  /** When it is due. */
  due?: Due;
  /**
   * When it is due, in words that the format allows and only a reader of the user's language
   * understands: `every day`, `tomorrow at 9`. The caller reads it. Never exported.
   */
  dueText?: string;
  /**
   * How it repeats: an RRULE (RFC 5545 section 3.3.10) as text, without `RRULE:`. Its length
   * and characters are bounded, its meaning is not checked.
   */
  recurrence?: string;
  /** When to remind, before it is due: a number and `m` (minutes), `h` or `d`, such as `15m`. */
  reminders?: string[];
  /** Whose task it is: a name as it was written. */
  assignee?: string;
  /** What was said about it, in order. */
  comments?: ImportedComment[];
  /**
   * What other tasks of the same import call it in `blocked_by`; each key is there once. Only
   * where one does.
   */
  key?: string;
  /** The keys of tasks of the same import that must be done before it. */
  blockedBy?: string[];
  /** Names of tags without `#`, `+` or `@`, each once, in the order in which they stood. */
  tags?: string[];
  /** Where it stands in a shop. */
  aisle?: string;
  /** The files that it carries. Their bytes come apart from the text. */
  attachments?: NewFile[];
  /** When it was made, where the text says more than a day. */
  createdAt?: Timestamp;
  /** The day on which it was made. */
  created?: Date;
  /** The day on which it was done. */
  completed?: Date;
  /** The line that it was read from, counted from 1. */
  line?: number;
  /** The tasks below it, in their order. */
  children?: ImportedTask[];
};

/** An invite that can still be used. */
export type InviteView = {
  /** The digest of its grant, in hexadecimal. */
  id: string;
  /** What the joiner will be allowed to do. */
  role: Role;
  /** When it ends. */
  expiresAt: Timestamp;
  /** Whether it lets in one person; else it is a public link. */
  singleUse: boolean;
  /** How many joined by it so far. */
  joined: number;
  /** When it was made, by its maker's clock. */
  madeAt: Timestamp | null;
  /** Who made it. */
  madeBy: Did | null;
  /** The link, of a public one that was made on this device. */
  link?: string;
};

/** A list. */
export type List = {
  /** Its id. */
  id: DocumentId;
  /** Its title. */
  title: string;
  /** What this identity may do; absent when access was lost and a copy is kept. */
  role: Role | null;
  /** Tasks that are not done. */
  open: number;
  /** Tasks that are not in the trash. */
  total: number;
  /** How many members it has. */
  members: number;
  /** When it was made, by its author's clock. */
  createdAt: Timestamp | null;
  /** When it was deleted, if it was. */
  deletedAt?: Timestamp;
  /** A picture for it. */
  icon?: string;
  /** Its colour. */
  color?: string;
  /** How its tasks are laid out. */
  view: ListView;
  /** Whether it is one of this person's favourites. */
  favorite: boolean;
  /** Whether this person put it out of the way. */
  archived: boolean;
  /** The folder that this person keeps it in. */
  folder?: string;
  /** How this person sorts its tasks. */
  sort: Sort;
};

/** How a list looks: what an export keeps of it, and an import brings. */
export type ListLook = {
  /** A picture for it: an emoji, up to 20 characters. */
  icon?: string;
  /** Its colour, up to 32 characters. */
  color?: string;
  /** Whether its tasks stand in one row or by aisles. */
  view?: ListView;
  /** The tags that have a colour. */
  tags?: TagColor[];
  /** Its own aisles, up to 100. */
  aisles?: Aisle[];
};

/**
 * How a list looks to all its members. `None` leaves a field alone, `Some(None)` (JSON `null`)
 * empties it.
 */
export type ListPatch = {
  /** A picture for it: an emoji, up to 20 characters. */
  icon?: string | null;
  /** Its colour, up to 32 characters. */
  color?: string | null;
  /** Whether its tasks stand in one row or by aisles. */
  view?: ListView;
};

/**
 * Where a list stands among a person's lists. `None` leaves a field alone, `Some(None)` (JSON
 * `null`) empties it.
 */
export type ListPlace = {
  /** Whether it is one of the favourites. */
  favorite?: boolean;
  /** Whether it is out of the way. */
  archived?: boolean;
  /** The folder that it is in, by its id. */
  folder?: string | null;
  /** How its tasks are sorted. */
  sort?: Sort;
};

/** How the tasks of a list are laid out. */
export type ListView =
  /** In one row. */
  | "list"
  /** By the aisles of a shop. */
  | "aisles";

/** A member of a list. */
export type Member = {
  /** Who. */
  did: Did;
  /** Their name, or the short form of their DID where they have told none. */
  name: string;
  /** What they may do. */
  role: Role;
  /** Whether it is this identity. */
  me: boolean;
  /** Whether they are an agent. */
  isAgent: boolean;
  /** What the agent runs on. */
  agentPlatform?: string;
  /** Who connected the agent. */
  connectedBy?: Did;
  /** The colour of their avatar. */
  color?: string;
  /** Since when they have a role, by the clock of who gave it, or of the relay. */
  joinedAt: Timestamp | null;
  /** Who gave them the role or made the invite; nobody did for who made the list. */
  invitedBy: Did | null;
  /** Their devices, the revoked ones too, oldest first. */
  devices: MemberDevice[];
};

/** A device of a member. */
export type MemberDevice = {
  /** Its id: the short form of its key. */
  id: string;
  /** What its owner calls it. */
  name: string;
  /** Whether it was revoked. */
  revoked: boolean;
};

/** A mark that a streak reached. */
export type Milestone = {
  /** Days in a row. */
  days: number;
  /** When it was first reached. */
  reached: Date;
};

/** Where a task goes. Without `before` and `after` it goes on top. */
export type MovePlace = {
  /** The new parent; `null` is the top level; absent keeps the parent. */
  parent?: TaskId | null;
  /** Right below this sibling. */
  after?: TaskId;
  /** Right above this sibling. */
  before?: TaskId;
};

/** A file to attach. Name, media type, size and content have to agree. */
export type NewFile = {
  /** What is in it: its SHA-256. */
  hash: BlobHash;
  /**
   * What it is called: 1 to 255 characters without folders, ending with `.jpg`, `.jpeg`,
   * `.png`, `.gif`, `.webp`, `.pdf`, `.txt` or `.json`.
   */
  name: string;
  /** Its media type: the one that belongs to the name. */
  mime: string;
  /** Its size in bytes, up to 10 MiB. */
  size: number;
};

/** What a new task has. */
export type NewTask = {
  /** What is to be done, 1 to 500 characters. */
  title?: string;
  /** Markdown, up to 50,000 characters. */
  notes?: string;
  /** A link, up to 2,000 characters. */
  url?: string;
  /** How far it is; `open` unless told. */
  status?: Status;
  /** How urgent it is; `none` unless told. */
  priority?: Priority;
  /** When it is due. */
  due?: Due;
  /** The task that it is a part of. */
  parent?: TaskId;
  /** Names of tags, each 1 to 50 characters. */
  tags?: string[];
  /** How it recurs; it takes a due date to begin with. */
  recurrence?: Recurrence;
  /** How long before it is due to remind of it. */
  reminders?: Reminder[];
  /** Who is to do it: a member of the list. */
  assignee?: Did;
  /** Tasks of the same list that come first. */
  blockedBy?: TaskId[];
  /** Where it stands in the shop, if not where its name says. */
  aisle?: string;
};

/** Something that the page may want to know. */
export type News =
  /** The relay refused something of a document. */
  | {
    news: "refused";
    /** The document. */
    document: DocumentId;
    /** A short name of the reason. */
    code: string;
    /** The reason in words. */
    message: string;
  }
  /** Another copy of this device wrote: commands were carried out again. */
  | {
    news: "reauthored";
    /** In which document. */
    document: DocumentId;
    /** How many commands. */
    commands: number;
    /** The names of those that could not be, since what they worked on is gone. */
    lost: string[];
  }
  /** Who looks at a list now, this device's person included. */
  | {
    news: "here";
    /** The list. */
    list: DocumentId;
    /** Who. */
    people: PersonHere[];
  }
  /** A file that was asked for is here. */
  | {
    news: "file_arrived";
    /** The list that names it. */
    list: DocumentId;
    /** The file. */
    file: string;
  }
  /** The relay does not give or take a file. */
  | {
    news: "file_refused";
    /** The list that names it. */
    list: DocumentId;
    /** The file. */
    file: string;
    /** A short name of the reason. */
    code: string;
    /** The reason in words. */
    message: string;
  }
  /** An invite was accepted. */
  | {
    news: "joined";
    /** The list. */
    list: DocumentId;
  }
  /** This is a device of its person from now on. */
  | { news: "linked" }
  /** The relay takes this person's lists from now on. */
  | { news: "admitted" }
  /** A device answered a link that was made here. */
  | {
    news: "device_came";
    /** What it calls itself. */
    name: string;
  }
  /** What a link was for did not come about. */
  | {
    news: "link_failed";
    /** A short name of the reason. */
    code: string;
    /** The reason in words. */
    message: string;
  };

/** What a command came to. */
export type Outcome =
  /** A list was made. */
  | {
    /** Its id. */
    list: DocumentId;
  }
  /** A task was made. */
  | {
    /** Its list. */
    list: DocumentId;
    /** Its id. */
    task: TaskId;
  }
  /** Something beside lists and tasks was made: a folder, a template. */
  | {
    /** Its id. */
    id: string;
  }
  /** A comment or a note was made. */
  | {
    /** Its list. */
    list: DocumentId;
    /** Its id. */
    comment: TaskId;
  }
  /** An action was taken back, or made again. */
  | {
    /** Which: the name of its command; absent where there was none. */
    action: string | null;
    /** Whether anything was written. */
    changed: boolean;
  }
  /** Tasks were made. */
  | {
    /** Their list. */
    list: DocumentId;
    /** Their ids, parents before children. */
    tasks: TaskId[];
  }
  /** An identity was made for an agent. */
  | {
    /** Who it is. */
    agent: Did;
    /** Its profile, signed: by it a relay takes the agent in. */
    profile: string;
  }
  /** An invite was made. Whoever has the link can use it, once. */
  | {
    /** The list. */
    list: DocumentId;
    /** The link. */
    link: string;
    /** When it ends. */
    expiresAt: Timestamp;
  }
  /**
   * A link for another device was made. Whoever has it can ask to become a device of this
   * identity while it is good.
   */
  | {
    /** The link. */
    link: string;
    /** When it ends. */
    expiresAt: Timestamp;
  }
  /** A ticket was made. Whoever has the address can act with it until it ends. */
  | {
    /** Its name in hexadecimal, by which it is taken back. */
    id: string;
    /** Where a client connects. */
    url: string;
    /** When it ends. */
    expiresAt: Timestamp;
    /** How many clients it serves. */
    uses: number;
    /** Whether its bearers can change what it is for, beside reading. */
    writes: boolean;
  }
  /** It is done; `changed` is false where everything was as asked already. */
  | {
    /** Whether anything was written. */
    changed: boolean;
  };

/** A part of a collection. */
export type Page<T> = {
  /** The part. */
  items: T[];
  /** What to ask for the next part with; absent at the end. */
  nextCursor?: string;
};

/** A list that waits for its relay. */
export type PendingList = {
  /** The list. */
  list: DocumentId;
  /** How many local changes no relay has acknowledged. */
  changes: number;
  /** Why the relay refused, if it did. */
  refused?: string;
};

/** Somebody, as others see them. */
export type Person = {
  /** Who. */
  did: Did;
  /** Their name. */
  name: string;
};

/** Somebody who looks at a list, with as many devices as they do. */
export type PersonHere = {
  /** Who. */
  did: Did;
  /** What they do; writing on one device counts. */
  state: PresenceState;
  /** The task that they write in, or else look at on the device that was heard last. */
  task?: TaskId;
  /** On which devices, by their ids. */
  devices: string[];
};

/** What somebody does in a list. */
export type PresenceState =
  /** They look at it. */
  | "here"
  /** They write. */
  | "typing"
  /** They went. */
  | "left";

/** How urgent a task is. The more urgent sorts first. */
export type Priority =
  /** Before anything else. */
  | "high"
  /** Soon. */
  | "medium"
  /** When there is time. */
  | "low"
  /** Not said. */
  | "none";

/** An error for whoever asked: a short name that a program can go by, and words for a person. */
export type Problem = {
  code: string;
  message: string;
  field?: string;
};

/** How far the tasks below one are. */
export type Progress = {
  /** How many are done. */
  done: number;
  /** How many there are. */
  total: number;
};

/** Something to know. */
export type Query =
  /** Who this replica acts for. Answer: `Answer::Identity`. */
  | { type: "whoami" }
  /** The lists, by title. Answer: `Answer::Lists`. */
  | {
    type: "lists";
    /** Also deleted lists and those that access was lost to. */
    all?: boolean;
  }
  /** One list. Answer: `Answer::List`. */
  | {
    type: "list";
    /** The list. */
    list: DocumentId;
  }
  /**
   * The list that a person means by a title, the beginning of one, or an id.
   * Answer: `Answer::List`.
   */
  | {
    type: "find_list";
    /** What the person typed. */
    text: string;
  }
  /**
   * Tasks in the order in which they stand: by list, parents before their children.
   * Answer: `Answer::Tasks`.
   */
  | {
    type: "tasks";
    /** Of this list only. */
    list?: DocumentId;
    /** At most so many; 1,000 unless told, 10,000 at most. */
    limit?: number;
    /** Where the page before ended. */
    cursor?: string;
  } & TaskFilter
  /**
   * What is urgent, of all lists: tasks of high priority that are not done and no part of
   * another task, those with a due date first. Answer: `Answer::Tasks`.
   */
  | {
    type: "focus";
    /** The reader's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /** What is due today or overdue, of all lists. Answer: `Answer::Tasks`. */
  | {
    type: "today";
    /** The reader's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /** What is due from tomorrow on, of all lists. Answer: `Answer::Tasks`. */
  | {
    type: "upcoming";
    /** For so many days; 7 unless told, 366 at most. */
    days?: number;
    /** The reader's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /**
   * Which reminders of open tasks are to be shown within some time, of all lists, the earliest
   * first. Answer: `Answer::Reminders`.
   */
  | {
    type: "reminders";
    /** From this moment on. */
    from: Timestamp;
    /** And before this one; at most 366 days later. */
    to: Timestamp;
    /** The reader's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /**
   * What is due in a range of days, tasks that recur once for each time. Answer:
   * `Answer::Calendar`.
   */
  | {
    type: "calendar";
    /** Of this list only. */
    list?: DocumentId;
    /** The first day. */
    from: Date;
    /** The last day; at most 366 days later. */
    to: Date;
    /** The reader's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /**
   * Tasks in whose title, notes or comments all the words of a text begin words, whatever their
   * accents: open ones before done ones, and of each those first where the words weigh most. Of
   * more than 1,000 that fit, the newest are weighed. Answer: `Answer::Found`.
   */
  | {
    type: "search";
    /** The words. */
    text: string;
    /** Of this list only. */
    list?: DocumentId;
    /** At most so many; 50 unless told, 500 at most. */
    limit?: number;
  }
  /** What was said about a task, the earliest first. Answer: `Answer::Comments`. */
  | {
    type: "comments";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  }
  /** The tags of a list, by name. Answer: `Answer::Tags`. */
  | {
    type: "tags";
    /** The list. */
    list: DocumentId;
  }
  /** A list's own aisles, by name. Answer: `Answer::Aisles`. */
  | {
    type: "aisles";
    /** The list. */
    list: DocumentId;
  }
  /**
   * A list by the aisles of a shop, in the order of a walk through it: the list's own first, and
   * those in which nothing stands, too. Answer: `Answer::Stands`.
   */
  | {
    type: "stands";
    /** The list. */
    list: DocumentId;
  }
  /** What happened, the latest first. Answer: `Answer::Activity`. */
  | {
    type: "activity";
    /** In this list only, in causal order; else in all, by time. */
    list?: DocumentId;
    /** With this task of the list only. */
    task?: TaskId;
    /** Rows of this kind only. */
    kind?: ActivityKind;
    /** At most so many; 100 unless told, 1,000 at most. */
    limit?: number;
    /** Where the page before ended. */
    cursor?: string;
  }
  /** This person's folders, by name. Answer: `Answer::Folders`. */
  | { type: "folders" }
  /**
   * What lists can be made from: what comes with the program, then what was saved, by title.
   * Answer: `Answer::Templates`.
   */
  | { type: "templates" }
  /** This person's preferences. Answer: `Answer::Settings`. */
  | { type: "settings" }
  /** Days in a row on which this person completed something. Answer: `Answer::Streak`. */
  | {
    type: "streak";
    /** The person's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /** What a line of text says, as a person types it to add a task. Answer: `Answer::QuickAdd`. */
  | {
    type: "quick_add";
    /** The line. */
    text: string;
    /** The list whose tags and members are meant, if no other is named. */
    list?: DocumentId;
    /** Whether `1/2` is the first of February rather than the second of January. */
    dayFirst?: boolean;
    /** The person's time zone, an IANA name; UTC unless told. */
    zone?: string;
  }
  /** One task. Answer: `Answer::Task`. */
  | {
    type: "task";
    /** The list. */
    list: DocumentId;
    /** The task. */
    task: TaskId;
  }
  /**
   * The task that a person means by an id or the last 6 or more characters of one.
   * Answer: `Answer::Task`.
   */
  | {
    type: "find_task";
    /** What the person typed. */
    text: string;
    /** In this list only. */
    list?: DocumentId;
  }
  /** Who has access to a list. Answer: `Answer::Members`. */
  | {
    type: "members";
    /** The list. */
    list: DocumentId;
  }
  /**
   * The member that a person means by a name, the beginning of one, or a DID.
   * Answer: `Answer::Member`.
   */
  | {
    type: "find_member";
    /** The list. */
    list: DocumentId;
    /** What the person typed. */
    text: string;
  }
  /** The tickets made on this device that have not ended. Answer: `Answer::Tickets`. */
  | { type: "tickets" }
  /** The invites to a list that nobody used yet. Answer: `Answer::Invites`. */
  | {
    type: "invites";
    /** The list. */
    list: DocumentId;
  }
  /** The devices of this identity. Answer: `Answer::Devices`. */
  | { type: "devices" }
  /**
   * Checks a list's whole history again, from its first statement, and names every author.
   * Answer: `Answer::Verified`.
   */
  | {
    type: "verify";
    /** The list. */
    list: DocumentId;
  }
  /** A list as text. Answer: `Answer::Text`. */
  | {
    type: "export";
    /** The list. */
    list: DocumentId;
    /** In which form. */
    format: ExportFormat;
  }
  /** Lists with changes that no relay has acknowledged. Answer: `Answer::Pending`. */
  | { type: "pending" };

/** What a text was understood to say. */
export type QuickAdd = {
  /** What is left. Where nothing would be, this is the text, and nothing was understood. */
  title: string;
  /** When it is due; with a recurrence the first time. */
  due?: Due;
  /** The rule of RFC 5545 without a name in front, as in `FREQ=MONTHLY;BYMONTHDAY=1`. */
  recurrence?: string;
  /** Names of tags without `#`, each once, in their order. Known ones are spelled as known. */
  tags?: string[];
  /** How urgent it is. */
  priority?: Priority;
  /** The member's name as in `QuickAddContext::members`. */
  assignee?: string;
  /** The list's title as in `QuickAddContext::lists`. */
  list?: string;
  /**
   * What was understood, in the order of the text; none overlap. A client that is told to leave
   * one alone puts a backslash before its start and reads the text again.
   */
  spans?: Span[];
};

/** A reminder that is to be shown. */
export type Reminding = {
  /** When. */
  at: Timestamp;
  /** How long before the task is due. */
  reminder: Reminder;
  /** Of what. */
  task: Task;
};

/** What somebody may do with a document. Later roles may do all that earlier ones may. */
export type Role =
  /** Reads. */
  | "viewer"
  /** Reads and writes. */
  | "editor"
  /** Reads, writes, and decides who else may. */
  | "owner";

/** How tasks are sorted. What is done comes last, and subtasks stay with their parents. */
export type Sort =
  /** As they were put by hand; new ones on top. */
  | "manual"
  /** The latest first. */
  | "newest"
  /** The earliest first. */
  | "oldest"
  /** By title. */
  | "title"
  /** By title, backwards. */
  | "title_reversed"
  /** What is due first comes first. */
  | "due"
  /** The most urgent first. */
  | "priority";

/**
 * A part of the text that was understood.
 *
 * Places count UTF-16 code units, as strings of JavaScript, Swift's `NSString` and Kotlin do.
 * A place never lies inside a character.
 */
export type Span = {
  /** Where it begins. */
  start: number;
  /** Where it ends: the first place behind it. */
  end: number;
  /** What it says. */
  kind: SpanKind;
};

/** What a part of the text says. */
export type SpanKind =
  /** A day, or a moment such as "in 2 hours". */
  | "due"
  /** A time of day. */
  | "time"
  /** How often, and until when. */
  | "recurrence"
  /** A tag. */
  | "tag"
  /** How urgent. */
  | "priority"
  /** Who. */
  | "assignee"
  /** Which list. */
  | "list";

/** What stands in one aisle of a shop. */
export type Stand = {
  /** The aisle's name. */
  aisle: string;
  /** The tasks of the list that are found there, in their order. */
  tasks: TaskId[];
};

/** How far a task is. */
export type Status =
  /** Not begun. */
  | "open"
  /** Somebody is at it. */
  | "in_progress"
  /** It waits for something. */
  | "blocked"
  /** Finished. */
  | "done";

/** Days in a row on which something was completed. */
export type Streak = {
  /** Days in a row that end today or yesterday. */
  current: number;
  /** The most days in a row. */
  longest: number;
  /** Days with a completion in all. */
  days: number;
  /** The marks that were reached, each with the day on which it was. */
  milestones: Milestone[];
};

/** A tag of a list. */
export type Tag = {
  /** Its name. */
  name: string;
  /** Its colour. */
  color?: string;
  /** On how many tasks it is that are not in the trash. */
  tasks: number;
};

/** A tag and its colour. */
export type TagColor = {
  /** The tag's name, 1 to 50 characters. */
  name: string;
  /** Its colour, 1 to 32 characters. */
  color: string;
};

/** A task. */
export type Task = {
  /** Its id. */
  id: TaskId;
  /** The short form of its id. */
  shortId: string;
  /** The list that it is in. */
  list: DocumentId;
  /** What is to be done. */
  title: string;
  /** Markdown. */
  notes: string;
  /** A link. */
  url: string | null;
  /** How far it is. */
  status: Status;
  /** How urgent it is. */
  priority: Priority;
  /** Whether nothing of it is left to do, for this time where it recurs. */
  done: boolean;
  /** When it is due; of one that recurs, the time that completing it closes. */
  due: Due | null;
  /** Whether that is past, for the reader. */
  overdue: boolean;
  /** How it recurs. */
  recurrence?: Recurrence;
  /** When to be reminded before it is due. */
  reminders?: Reminder[];
  /** Who is to do it. */
  assignee?: Assignee;
  /** Tasks of the list that come first. */
  blockedBy?: TaskId[];
  /** Where it stands in the shop, if it was said. */
  aisle?: string;
  /** The files that it carries. */
  attachments?: Attachment[];
  /** How many of the tasks right below it there are, and how many of those are done. */
  progress?: Progress;
  /** The task that it is a part of. */
  parent: TaskId | null;
  /** How deep it stands below the top level. */
  depth: number;
  /** Names of its tags, sorted. */
  tags: string[];
  /** When it was made, by its author's clock. */
  createdAt: Timestamp | null;
  /** Who made it: whose signature covers the change that did. */
  createdBy: Did | null;
  /** When it was put into the trash, if it was. */
  deletedAt?: Timestamp;
  /**
   * In the trash: who else changed it without knowing that it is there, or later.
   * What they wrote comes back with it.
   */
  changedSince?: Person[];
  /** Fields that two people set at once: the value that lost is offered here. */
  conflicts?: Conflict[];
};

/** Which tasks. Everything that is said must fit. */
export type TaskFilter = {
  /** With this status. `done` is what nothing is left to do of, and the others are not. */
  status?: Status;
  /** With this priority. */
  priority?: Priority;
  /** For this member. */
  assignee?: Did;
  /** For nobody: those that no member has. */
  unassigned?: boolean;
  /** With a tag of this name. */
  tag?: string;
  /** Due on this day or later. */
  dueFrom?: Date;
  /** Due on this day or earlier. */
  dueTo?: Date;
  /** Not done, and due before now. */
  overdue?: boolean;
  /** With words in title, notes or comments that begin with all of these. */
  text?: string;
  /**
   * Those in the trash instead of those that are not: what was deleted in the last 30 days, as
   * `is_listed_in_trash` has it.
   */
  deleted?: boolean;
  /** In this order instead of the one in which they stand. */
  sort?: Sort;
  /** The reader's time zone, an IANA name; UTC unless told. */
  zone?: string;
};

/** The fields to change. `None` leaves a field alone; `Some(None)` (JSON `null`) empties it. */
export type TaskPatch = {
  /** A new title, 1 to 500 characters. */
  title?: string;
  /** New notes. Only the characters that differ are written, so that edits by others survive. */
  notes?: string;
  /** A new link. */
  url?: string | null;
  /** A new status. */
  status?: Status;
  /** A new priority. */
  priority?: Priority;
  /** A new due date. */
  due?: Due | null;
  /** Names of tags to add. */
  addTags?: string[];
  /** Names of tags to take off. */
  removeTags?: string[];
  /** How it recurs, from the due date on; `null` ends it, and what is due next stays due. */
  recurrence?: Recurrence | null;
  /** Reminders to add. */
  addReminders?: Reminder[];
  /** Reminders to take off. */
  removeReminders?: Reminder[];
  /** Who is to do it: a member of the list; `null` takes it from them. */
  assignee?: Did | null;
  /** Tasks of the same list that come first. */
  addBlockedBy?: TaskId[];
  /** Tasks that do not have to come first. */
  removeBlockedBy?: TaskId[];
  /** Where it stands in the shop; `null` leaves it to its name. */
  aisle?: string | null;
};

/** What lists can be made from. */
export type TemplateView = {
  /** Its id. */
  id: string;
  /** Its title. */
  title: string;
  /** Whether it comes with the program. */
  builtIn: boolean;
  /** How many tasks it has. */
  tasks: number;
};

/** A ticket that was made on this device and has not ended. Its address is not kept. */
export type TicketView = {
  /** Its name in hexadecimal. */
  id: string;
  /** The one list that it is for; all documents of this identity unless there is one. */
  list?: DocumentId;
  /** How many clients it serves. */
  uses: number;
  /** When it was made. */
  madeAt: Timestamp;
  /** When it ends. */
  expiresAt: Timestamp;
  /** Whether it was taken back. */
  revoked: boolean;
};

/** What a whole check of a list's history found. */
export type VerifyReport = {
  /** The list. */
  list: DocumentId;
  /** Its title. */
  title: string;
  /** Whether everything holds. */
  ok: boolean;
  /** How many changes were checked. */
  changes: number;
  /** How many statements were checked. */
  statements: number;
  /** Who wrote what. */
  authors: AuthorReport[];
  /** What does not hold, in words. */
  problems: string[];
};

/** How authorship is proven. */
export type Via =
  /** By the author's own device key. */
  | "signed"
  /** By a relay that says so. */
  | "witnessed";

/** What a command gives, by its type. */
export type OutcomeOf = {
  create_list: {
    /** Its id. */
    list: DocumentId;
  };
  rename_list: {
    /** Whether anything was written. */
    changed: boolean;
  };
  edit_list: {
    /** Whether anything was written. */
    changed: boolean;
  };
  place_list: {
    /** Whether anything was written. */
    changed: boolean;
  };
  duplicate_list: {
    /** Its id. */
    list: DocumentId;
  };
  create_from_template: {
    /** Its id. */
    list: DocumentId;
  };
  save_template: {
    /** Its id. */
    id: string;
  };
  delete_template: {
    /** Whether anything was written. */
    changed: boolean;
  };
  create_folder: {
    /** Its id. */
    id: string;
  };
  rename_folder: {
    /** Whether anything was written. */
    changed: boolean;
  };
  delete_folder: {
    /** Whether anything was written. */
    changed: boolean;
  };
  set_setting: {
    /** Whether anything was written. */
    changed: boolean;
  };
  delete_list: {
    /** Whether anything was written. */
    changed: boolean;
  };
  restore_list: {
    /** Whether anything was written. */
    changed: boolean;
  };
  create_task: {
    /** Its list. */
    list: DocumentId;
    /** Its id. */
    task: TaskId;
  };
  edit_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  complete_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  skip_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  reopen_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  move_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  delete_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  restore_task: {
    /** Whether anything was written. */
    changed: boolean;
  };
  attach: {
    /** Whether anything was written. */
    changed: boolean;
  };
  detach: {
    /** Whether anything was written. */
    changed: boolean;
  };
  import_tasks: {
    /** Their list. */
    list: DocumentId;
    /** Their ids, parents before children. */
    tasks: TaskId[];
  };
  edit_tag: {
    /** Whether anything was written. */
    changed: boolean;
  };
  delete_tag: {
    /** Whether anything was written. */
    changed: boolean;
  };
  set_aisle: {
    /** Whether anything was written. */
    changed: boolean;
  };
  remove_aisle: {
    /** Whether anything was written. */
    changed: boolean;
  };
  add_comment: {
    /** Its list. */
    list: DocumentId;
    /** Its id. */
    comment: TaskId;
  };
  edit_comment: {
    /** Whether anything was written. */
    changed: boolean;
  };
  delete_comment: {
    /** Whether anything was written. */
    changed: boolean;
  };
  log_note: {
    /** Its list. */
    list: DocumentId;
    /** Its id. */
    comment: TaskId;
  };
  undo: {
    /** Which: the name of its command; absent where there was none. */
    action: string | null;
    /** Whether anything was written. */
    changed: boolean;
  };
  redo: {
    /** Which: the name of its command; absent where there was none. */
    action: string | null;
    /** Whether anything was written. */
    changed: boolean;
  };
  set_profile: {
    /** Whether anything was written. */
    changed: boolean;
  };
  share: {
    /** The list. */
    list: DocumentId;
    /** The link. */
    link: string;
    /** When it ends. */
    expiresAt: Timestamp;
  };
  create_agent: {
    /** Who it is. */
    agent: Did;
    /** Its profile, signed: by it a relay takes the agent in. */
    profile: string;
  };
  add_member: {
    /** Whether anything was written. */
    changed: boolean;
  };
  revoke_member: {
    /** Whether anything was written. */
    changed: boolean;
  };
  revoke_device: {
    /** Whether anything was written. */
    changed: boolean;
  };
  link_device: {
    /** The link. */
    link: string;
    /** When it ends. */
    expiresAt: Timestamp;
  };
  leave_list: {
    /** Whether anything was written. */
    changed: boolean;
  };
  transfer_ownership: {
    /** Whether anything was written. */
    changed: boolean;
  };
  change_role: {
    /** Whether anything was written. */
    changed: boolean;
  };
  revoke_invite: {
    /** Whether anything was written. */
    changed: boolean;
  };
  publish: {
    /** The list. */
    list: DocumentId;
    /** The link. */
    link: string;
    /** When it ends. */
    expiresAt: Timestamp;
  };
  create_ticket: {
    /** Its name in hexadecimal, by which it is taken back. */
    id: string;
    /** Where a client connects. */
    url: string;
    /** When it ends. */
    expiresAt: Timestamp;
    /** How many clients it serves. */
    uses: number;
    /** Whether its bearers can change what it is for, beside reading. */
    writes: boolean;
  };
  revoke_ticket: {
    /** Whether anything was written. */
    changed: boolean;
  };
  unpublish: {
    /** Whether anything was written. */
    changed: boolean;
  };
};

/** What a query gives, by its type. */
export type AnswerOf = {
  whoami: Identity;
  lists: Page<List>;
  list: List;
  find_list: List;
  tasks: Page<Task>;
  focus: Page<Task>;
  today: Page<Task>;
  upcoming: Page<Task>;
  reminders: Page<Reminding>;
  calendar: Page<CalendarEntry>;
  search: Page<Found>;
  comments: Page<Comment>;
  tags: Page<Tag>;
  aisles: Page<Aisle>;
  stands: Page<Stand>;
  activity: Page<Activity>;
  folders: Page<Folder>;
  templates: Page<TemplateView>;
  settings: Record<string, string>;
  streak: Streak;
  quick_add: QuickAdd;
  task: Task;
  find_task: Task;
  members: Page<Member>;
  find_member: Member;
  tickets: Page<TicketView>;
  invites: Page<InviteView>;
  devices: Page<Device>;
  verify: VerifyReport;
  export: string;
  pending: Page<PendingList>;
};
