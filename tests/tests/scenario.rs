//! Sam on two devices, Ann as editor, Vic as viewer and Bot, an agent with an identity of its
//! own, as editor. All edit offline, the relay is killed again and again while they sync, and in
//! the end all see the same, nothing that a command acknowledged is missing, and `verify` names
//! the author of every change.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use poo_tests::harness::{Home, Relay, Running, Stage, sync_until_quiet, wait_until};
use poo_tests::programs;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

const LIST: &str = "Plans";

/// Everybody, in the list.
struct Cast {
    sam: Home,
    phone: Home,
    ann: Home,
    vic: Home,
    bot: Home,
}

impl Cast {
    fn meet(stage: &Stage, relay: &Relay) -> Self {
        let sam = stage.person("Sam", relay);
        sam.write(&["list", "create", LIST]);
        let phone = stage.empty("phone");
        sam.link_device(&phone, "Phone");
        let join = |name: &str, role: &str| {
            let link = sam.share(LIST, role);
            let home = match name {
                "Bot" => stage.agent(name, relay, &sam),
                name => stage.person(name, relay),
            };
            assert_eq!(home.json(&["join", &link])["role"], role);
            home
        };
        let ann = join("Ann", "editor");
        let vic = join("Vic", "viewer");
        let bot = join("Bot", "editor");
        Self {
            sam,
            phone,
            ann,
            vic,
            bot,
        }
    }

    fn all(&self) -> [&Home; 5] {
        [&self.sam, &self.phone, &self.ann, &self.vic, &self.bot]
    }

    fn writers(&self) -> [&Home; 4] {
        [&self.sam, &self.phone, &self.ann, &self.bot]
    }

    /// All syncs until nothing moves, then everybody has the same bytes, and every replica names
    /// the right authors with the right number of changes.
    fn assert_converged(&self) -> String {
        sync_until_quiet(&self.all());
        let export = |home: &Home| home.ok(&["export", LIST, "--format", "json"]);
        let first = export(&self.sam);
        for home in self.all() {
            assert_eq!(export(home), first, "{home:?} shows something else");
        }
        let written = BTreeMap::from([
            (self.sam.did(), self.sam.written() + self.phone.written()),
            (self.ann.did(), self.ann.written()),
            (self.bot.did(), self.bot.written()),
        ]);
        let names = BTreeMap::from([
            (self.sam.did(), "Sam"),
            (self.ann.did(), "Ann"),
            (self.bot.did(), "Bot"),
        ]);
        for home in self.all() {
            let report = home.json(&["verify", LIST]);
            assert_eq!(report["ok"], true, "{report}");
            let mut authors = BTreeMap::new();
            for author in report["authors"].as_array().unwrap() {
                let did = author["did"].as_str().unwrap().to_owned();
                assert_eq!(author["via"], "signed", "{report}");
                assert_eq!(author["name"], names[&did], "{report}");
                *authors.entry(did).or_default() += author["changes"].as_u64().unwrap();
            }
            assert_eq!(authors, written, "{home:?}: {report}");
            assert_eq!(home.json(&["doctor"])["ok"], true);
        }
        first
    }
}

/// What one process after the other committed in the relay's database.
fn changes_in(relay: &Relay) -> i64 {
    let conn = rusqlite::Connection::open(relay.database()).unwrap();
    conn.query_row("SELECT count(*) FROM change", [], |row| row.get(0))
        .unwrap()
}

/// Lets everybody sync at once and kills the relay once it has committed something more, or when
/// all are done. Whoever was cut off must have been told so, and nothing else.
fn sync_while_it_dies(relay: &mut Relay, homes: &[&Home]) {
    let before = changes_in(relay);
    let mut runs: Vec<Running> = homes
        .iter()
        .map(|home| home.start(&["sync", "--json"]))
        .collect();
    wait_until("the relay has committed something", || {
        changes_in(relay) > before || runs.iter_mut().all(Running::is_done)
    });
    relay.kill();
    for run in runs {
        let run = run.wait();
        if run.code != 0 {
            assert_eq!(
                (run.code, run.error_code()),
                (5, "offline".into()),
                "{run:?}"
            );
        }
    }
    relay.restart();
}

/// The tasks of an export, by id, whatever stands above them.
fn by_id(export: &str) -> BTreeMap<String, Value> {
    fn walk(tasks: &Value, parent: Option<&str>, into: &mut BTreeMap<String, Value>) {
        for task in tasks.as_array().into_iter().flatten() {
            let id = task["id"].as_str().unwrap().to_owned();
            walk(&task["children"], Some(&id), into);
            let mut task = task.clone();
            task["parent"] = json!(parent);
            into.insert(id, task);
        }
    }
    let list: Value = serde_json::from_str(export).unwrap();
    let mut tasks = BTreeMap::new();
    walk(&list["tasks"], None, &mut tasks);
    tasks
}

#[test]
fn five_replicas_converge_though_the_relay_is_killed() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let cast = Cast::meet(&stage, &relay);
    let Cast {
        sam,
        phone,
        ann,
        vic,
        bot,
    } = &cast;
    let [one, two, three, four, five] =
        ["One", "Two", "Three", "Four", "Five"].map(|title| sam.task(LIST, title, &[]));
    sync_until_quiet(&cast.all());
    relay.kill();

    // The same field, four times.
    sam.write(&["task", "edit", &one, "--title", "One, Sam"]);
    phone.write(&["task", "edit", &one, "--title", "One, phone"]);
    ann.write(&["task", "edit", &one, "--title", "One, Ann"]);
    bot.write(&["task", "edit", &one, "--title", "One, Bot"]);
    // Notes are text: everybody's words stay.
    for (home, text) in [(sam, "by Sam;"), (ann, "by Ann;"), (bot, "by Bot;")] {
        home.write(&["task", "edit", &one, "--notes", text]);
    }
    // Deleted here, edited there.
    sam.write(&["task", "delete", &two]);
    ann.write(&["task", "edit", &two, "--title", "Two, still wanted"]);
    bot.write(&["task", "complete", &two]);
    // Reorder against reorder.
    sam.write(&["task", "move", &five, "--before", &one]);
    ann.write(&["task", "move", &five, "--after", &three]);
    phone.write(&["task", "move", &three, "--after", &five]);
    // Tags and completions, first set on several sides.
    sam.write(&["task", "edit", &three, "--tag", "home", "--tag", "soon"]);
    ann.write(&["task", "edit", &three, "--tag", "home", "--tag", "later"]);
    bot.write(&["task", "edit", &three, "--tag", "robots"]);
    for home in [sam, phone, bot] {
        home.write(&["task", "complete", &four]);
    }
    // Subtasks: several below one, below what somebody deletes, and a circle of two.
    let below_three = ann.task(LIST, "Below three", &["--parent", &three]);
    let also_below = bot.task(LIST, "Also below three", &["--parent", &three]);
    let deeper = bot.task(LIST, "Deeper", &["--parent", &also_below]);
    let below_two = phone.task(LIST, "Below what Sam deleted", &["--parent", &two]);
    sam.write(&["task", "move", &four, "--parent", &five]);
    ann.write(&["task", "move", &five, "--parent", &four]);
    // New ones everywhere.
    let mut made = Vec::new();
    for home in cast.writers() {
        let name = home.path().file_name().unwrap().to_str().unwrap();
        for at in 0..3 {
            let title = format!("{name} {at}");
            made.push((home.task(LIST, &title, &["--priority", "high"]), title));
        }
    }
    // Vic may not, and is told so; everything but the network works for all.
    vic.fails(&["task", "edit", &one, "--title", "Vic"], 4, "refused");
    vic.fails(&["task", "create", "Vic", "--list", LIST], 4, "refused");
    assert_eq!(vic.titles(LIST), ["Five", "Four", "Three", "Two", "One"]);
    for home in cast.all() {
        home.fails(&["sync"], 5, "offline");
    }

    relay.restart();
    for round in 0..4 {
        for home in cast.writers() {
            let title = format!("Round {round}, {:?}", home.path().file_name().unwrap());
            made.push((home.task(LIST, &title, &[]), title));
        }
        sync_while_it_dies(&mut relay, &cast.all());
    }

    let tasks = by_id(&cast.assert_converged());
    for (id, title) in &made {
        assert_eq!(&tasks[id]["title"], title);
    }
    let title = tasks[&one]["title"].as_str().unwrap();
    assert!(title.starts_with("One, "), "{title}");
    let shown = sam.json(&["task", "show", &one]);
    assert_eq!(shown["conflicts"].as_array().unwrap().len(), 3, "{shown}");
    let notes = tasks[&one]["notes"].as_str().unwrap();
    for words in ["by Sam;", "by Ann;", "by Bot;"] {
        assert!(notes.contains(words), "{notes}");
    }
    assert_eq!(
        tasks[&three]["tags"],
        json!(["home", "later", "robots", "soon"])
    );
    assert_eq!(tasks[&four]["status"], "done");
    for (child, parent) in [
        (&below_three, &three),
        (&also_below, &three),
        (&deeper, &also_below),
    ] {
        assert_eq!(&tasks[child]["parent"], parent);
    }
    // Delete wins; the edit is kept, and so is what somebody put below it.
    for home in cast.all() {
        assert!(!tasks.contains_key(&two) && !tasks.contains_key(&below_two));
        let trash = home.tasks(LIST, &["--deleted"]);
        let find = |id: &str| trash.iter().find(|task| task["id"] == id);
        assert_eq!(find(&two).unwrap()["title"], "Two, still wanted");
        assert!(find(&below_two).is_some(), "{trash:?}");
    }
    // The circle is broken, and neither of the two is lost.
    assert!(tasks.contains_key(&four) && tasks.contains_key(&five));
    ann.write(&["task", "restore", &two]);
    let tasks = by_id(&cast.assert_converged());
    assert_eq!(tasks[&below_two]["parent"], json!(two));
}

/// Whether a task is another one or lies below it: where that other one cannot be moved.
fn is_below(tasks: &[Value], task: &str, above: &str) -> bool {
    let parent = |id: &str| tasks.iter().find(|task| task["id"] == id)?["parent"].as_str();
    std::iter::successors(Some(task), |id| parent(id)).any(|id| id == above)
}

/// One command at random on what a home shows. Gives the id and title of what it made.
fn random_command(home: &Home, rng: &mut ChaCha20Rng, at: usize) -> Option<(String, String)> {
    let tasks = home.tasks(LIST, &[]);
    let mut pick = || {
        let index = rng.next_u32() as usize % tasks.len().max(1);
        tasks.get(index).map(|task| task["id"].as_str().unwrap())
    };
    let (first, second) = (pick(), pick());
    let title = format!(
        "{} {at}",
        home.path().file_name().unwrap().to_str().unwrap()
    );
    let (Some(first), Some(second)) = (first, second) else {
        return Some((home.task(LIST, &title, &[]), title));
    };
    let run: &[&str] = match rng.next_u32() % 8 {
        0..=2 => return Some((home.task(LIST, &title, &[]), title)),
        3 => return Some((home.task(LIST, &title, &["--parent", first]), title)),
        4 => &["task", "edit", first, "--notes", &title, "--tag", "storm"],
        5 => &["task", "complete", first],
        6 => &["task", "reopen", first],
        _ if !is_below(&tasks, second, first) => &["task", "move", first, "--after", second],
        _ => &["task", "edit", first, "--priority", "low"],
    };
    home.write(run);
    None
}

#[test]
fn a_storm_of_commands_and_kills_loses_nothing() {
    for seed in [1, 2] {
        eprintln!("seed {seed}");
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let stage = Stage::new(programs!());
        let mut relay = stage.relay("relay");
        let cast = Cast::meet(&stage, &relay);
        let mut made = Vec::new();
        for round in 0..3 {
            for home in cast.writers() {
                for at in 0..3 {
                    made.extend(random_command(home, &mut rng, round * 10 + at));
                }
            }
            sync_while_it_dies(&mut relay, &cast.all());
        }
        let tasks = by_id(&cast.assert_converged());
        for (id, title) in made {
            assert_eq!(tasks[&id]["title"], title, "seed {seed}");
        }
    }
}

#[test]
fn who_built_on_a_revoked_members_late_work_goes_on() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let Cast {
        sam,
        phone,
        ann,
        vic,
        bot,
    } = Cast::meet(&stage, &relay);
    let members = [&sam, &phone, &vic, &bot];
    let known = ann.task(LIST, "Ann, known to Sam", &[]);
    sync_until_quiet(&[&ann, &sam, &phone, &vic, &bot]);
    // Sam revokes and does not sync. Ann writes; Bot takes it in and builds on it.
    sam.json(&["revoke", LIST, "Ann"]);
    let late = ann.task(LIST, "Ann, late", &[]);
    ann.json(&["sync"]);
    bot.json(&["sync"]);
    bot.write(&["task", "edit", &late, "--title", "Ann's, by Bot"]);
    let below = bot.task(LIST, "Below Ann's", &["--parent", &late]);
    bot.json(&["sync"]);
    // On this nobody builds.
    let last = ann.task(LIST, "Ann, last", &[]);
    ann.json(&["sync"]);
    sam.json(&["sync"]);

    sync_until_quiet(&members);
    let export = |home: &Home| home.ok(&["export", LIST, "--format", "json"]);
    let first = export(&sam);
    for home in members {
        assert_eq!(export(home), first);
    }
    let tasks = by_id(&first);
    assert!(tasks.contains_key(&known));
    assert_eq!(tasks[&late]["title"], "Ann's, by Bot");
    assert_eq!(tasks[&below]["parent"], json!(late));
    assert!(!tasks.contains_key(&last), "past the mark, and alone");

    // Ann is told, once, keeps her copy, and may not write any longer.
    let told = ann.run(&["sync", "--json"]);
    assert_eq!(told.code, 4, "{told:?}");
    assert!(told.out.contains("\"removed\""), "{told:?}");
    ann.json(&["sync"]);
    assert!(ann.titles(LIST).contains(&"Ann, known to Sam".to_owned()));
    ann.fails(&["task", "create", "More", "--list", LIST], 4, "refused");

    // And Bot goes on without a hitch, offline and in sync, and all follow.
    bot.write(&["task", "edit", &late, "--tag", "checked"]);
    bot.task(LIST, "Later", &["--parent", &below]);
    phone.write(&["task", "complete", &below]);
    sync_until_quiet(&members);
    let first = export(&sam);
    for home in members {
        assert_eq!(export(home), first);
        let report = home.json(&["verify", LIST]);
        assert_eq!(report["ok"], true, "{report}");
        let ann = ann.did();
        let authors = report["authors"].as_array().unwrap();
        let author = authors.iter().find(|author| author["did"] == json!(ann));
        // What was known, and what Bot built on.
        assert_eq!(author.unwrap()["changes"], 2, "{report}");
        assert_eq!(author.unwrap()["mayWrite"], false, "{report}");
    }
    assert_eq!(by_id(&first)[&late]["tags"], json!(["checked"]));
}
