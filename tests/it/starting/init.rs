//! `hvs init`: what it writes, `hvs check` accepts.

use sim::{dataset::REPO_ROOT, vibe::Generation};

use super::harbor;
use crate::{
    process::Ran,
    world::{CANARY, World},
};

/// `hvs init` with every flag, into a directory where nothing else is said.
async fn init(world: &World, more: &[&str]) -> Ran {
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let url_of = |section: &str| {
        let after = config
            .split(&format!("[{section}]\nurl = \""))
            .nth(1)
            .unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let workspace = world.huly.model.lock().workspace().url.clone();
    let pasted = format!("{}/workbench/{workspace}/tracker", url_of("huly"));
    if !world.path("password").exists() {
        std::fs::write(world.path("password"), CANARY).unwrap();
    }
    let vibe = url_of("vibe");
    let words = [
        "init",
        "--yes",
        "--out",
        "made.toml",
        "--huly-url",
        &pasted,
        "--email",
        "hvs@example.com",
        "--password-file",
        "password",
        "--store",
        "made.db",
        "--repo-root",
        REPO_ROOT,
    ];
    let vibe = ["--vibe-url", &vibe];
    let vibe = if more.contains(&"--vibe-url") || more.contains(&"--from-env") {
        &[][..]
    } else {
        &vibe[..]
    };
    world.count_afresh();
    let ran = world.hvs(&[&words[..], vibe, more].concat()).await;
    assert_eq!(world.writes(), 0, "{ran}");
    ran
}

fn made(world: &World) -> String {
    std::fs::read_to_string(world.path("made.toml")).unwrap()
}

/// What `hvs plan` would make: tasks and issues.
async fn creates(world: &World) -> usize {
    let json = world
        .hvs(&["plan", "--json", "--config", "made.toml"])
        .await
        .json();
    let projects = json["projects"].as_array().unwrap();
    let plans = projects
        .iter()
        .flat_map(|project| project["plans"].as_array().unwrap());
    let actions = plans.flat_map(|plan| plan["actions"].as_array().unwrap());
    actions.filter(|action| action["do"] == "create").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_writes_a_file_that_check_accepts_and_that_the_first_run_uses() {
    let world = harbor().await;
    let who = world.who.clone();
    let project = {
        let mut huly = world.huly.model.lock();
        let harbor = huly.projects()[0].id.clone();
        for title in ["Mooring", "Buoys", "Twice", "twice"] {
            let issue = sim::huly::NewIssue {
                title: title.to_owned(),
                ..sim::huly::NewIssue::default()
            };
            huly.person_create(&who, &harbor, &issue).unwrap();
        }
        harbor
    };
    let ran = init(&world, &[]).await.exits(0);
    let ran = ran.prints(&[
        "HARB Harbor",
        "the first run: 1 project made in Vibe Kanban and 4 tasks made in Vibe Kanban",
        "wrote made.toml",
        "check: 0 errors",
    ]);
    ran.tells(&[
        "hvs check --config made.toml",
        "hvs plan --config made.toml",
        "hvs sync once --config made.toml",
    ]);
    let text = made(&world);
    assert!(
        text.contains("workspace = ") && text.contains("password_file = "),
        "{text}"
    );
    assert!(!text.contains(CANARY) && !project.is_empty(), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(world.path("made.toml"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let left = std::fs::read_dir(world.path(".")).unwrap().flatten();
    let left: Vec<_> = left
        .filter(|file| file.file_name().to_string_lossy().starts_with(".hvs-init"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    world
        .hvs(&[
            "check",
            "--remote-paths",
            "--strict",
            "--config",
            "made.toml",
        ])
        .await
        .exits(0);
    assert_eq!(creates(&world).await, 4);
    world
        .hvs(&["sync", "once", "--config", "made.toml"])
        .await
        .exits(0);
    assert_eq!(world.tasks().len(), 4);
    // once more, with a store that knows all of it: nothing is replaced unasked
    init(&world, &[])
        .await
        .exits(2)
        .tells(&["there is a configuration already", "--force"]);
    assert_eq!(made(&world), text);
    init(&world, &["--force"]).await.exits(0).prints(&[
        "4 linked in the store (certain)",
        "the first run: nothing to do",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_status_names_are_proposed_by_name_and_the_file_says_so() {
    let world = World::new(Generation::L2).await;
    {
        let mut huly = world.huly.model.lock();
        let odd = |name: &str, category: &str| sim::huly::NewStatus {
            name: name.to_owned(),
            category: category.to_owned(),
        };
        let statuses = [
            odd("Icebox", "UnStarted"),
            odd("Shipped 🚀", "Gone"),
            odd("Spilt \"milk\"", "Gone"),
        ];
        let (kind, _) = huly.add_project_type("Odd", &statuses);
        huly.add_project(&world.who, "ODD", "Oddities", Some(&kind))
            .unwrap();
    }
    let ran = init(&world, &[]).await.exits(0);
    ran.prints(&["Shipped 🚀 (by name: done)", "Icebox"]);
    let text = made(&world);
    let parsed: toml_like::Table = toml_like::parse(&text);
    assert_eq!(
        parsed.get("Shipped 🚀").map(String::as_str),
        Some("done"),
        "{text}"
    );
    assert_eq!(
        parsed.get("Spilt \"milk\"").map(String::as_str),
        Some("todo"),
        "{text}"
    );
    world
        .hvs(&[
            "check",
            "--remote-paths",
            "--strict",
            "--config",
            "made.toml",
        ])
        .await
        .exits(0);
}

/// Entries of `[status.to_vibe]`, as `hvs config show` reads them back.
mod toml_like {
    use std::collections::BTreeMap;

    pub(super) type Table = BTreeMap<String, String>;

    pub(super) fn parse(text: &str) -> Table {
        let section = text.split("[status.to_vibe]\n").nth(1).unwrap_or_default();
        let lines = section.lines().take_while(|line| !line.starts_with('['));
        let entries = lines
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "));
        entries
            .map(|(name, rest)| {
                let value = rest
                    .trim_start_matches('"')
                    .split('"')
                    .next()
                    .unwrap_or_default();
                let name = match name.strip_prefix('\'') {
                    Some(literal) => literal.trim_end_matches('\'').to_owned(),
                    None => name.trim_matches('"').replace("\\\"", "\""),
                };
                (name, value.to_owned())
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projects_with_one_name_wait_for_a_choice_and_footers_make_it_where_they_can() {
    let world = World::new(Generation::L2).await;
    world.huly_project("HARB", "Harbor");
    world.huly_project("ISLE", "Isle");
    let new = |name: &str| sim::vibe::NewProject::L2 {
        name: name.to_owned(),
        repositories: Vec::new(),
    };
    {
        let mut vibe = world.vibe.model.lock();
        for name in ["Harbor", "harbor", "Isle", "ISLE"] {
            vibe.create_project(new(name)).unwrap();
        }
        let isle = vibe
            .projects()
            .iter()
            .find(|project| project.name == "ISLE")
            .unwrap()
            .id;
        for number in 1..=3 {
            vibe.create_task(sim::vibe::NewTask {
                project_id: isle,
                title: format!("Old {number}"),
                description: Some(format!("text\n\n---\nHuly Issue: ISLE-{number}")),
                status: None,
                parent: None,
                image_ids: None,
            })
            .unwrap();
        }
    }
    let ran = init(&world, &[]).await.exits(0);
    ran.prints(&[
        "footers of 3 tasks name it",
        "several projects bear the name",
    ]);
    let text = made(&world);
    assert!(
        text.contains("huly = \"HARB\"") && text.contains("skip = true"),
        "{text}"
    );
    assert_eq!(text.matches("# vibe = ").count(), 2, "{text}");
    let isle = world
        .vibe
        .model
        .lock()
        .projects()
        .iter()
        .find(|project| project.name == "ISLE")
        .unwrap()
        .id;
    assert!(text.contains(&format!("vibe = \"{isle}\"")), "{text}");
    world
        .hvs(&[
            "check",
            "--remote-paths",
            "--strict",
            "--config",
            "made.toml",
        ])
        .await
        .exits(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_terminal_the_missing_flags_are_named_and_nothing_is_written() {
    let world = harbor().await;
    let ran = world.hvs(&["init", "--out", "made.toml"]).await.exits(2);
    ran.tells(&[
        "--huly-url",
        "--workspace",
        "--token-file",
        "--vibe-url",
        "hint:",
    ]);
    assert!(!world.path("made.toml").exists());
    // nobody answers there
    init(&world, &["--vibe-url", "http://127.0.0.1:9"])
        .await
        .exits(4)
        .tells(&["Vibe at", "[NET_REFUSED]"]);
    // the password is wrong
    std::fs::write(world.path("password"), "wr0ng").unwrap();
    init(&world, &[])
        .await
        .exits(4)
        .tells(&["[HULY_LOGIN_REFUSED]"]);
    assert!(!world.path("made.toml").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_predecessors_variables_are_carried_over_or_told_why_not() {
    let world = harbor().await;
    let vibe = {
        let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
        let after = config.split("[vibe]\nurl = \"").nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let env = format!(
        "# old\nexport VIBE_API_URL=\"{vibe}/api\"\nPARALLEL_SYNC=true\nMAX_WORKERS=7 # many\nDRY_RUN=true\n\
         LETTA_PASSWORD=hunter2hunter2\nnot a line\n"
    );
    std::fs::write(world.path(".env"), env).unwrap();
    let ran = init(&world, &["--from-env", ".env"]).await.exits(0);
    let ran = ran.prints(&[
        "VIBE_API_URL",
        "sync.workers = 7",
        "DRY_RUN",
        "hvs plan",
        "LETTA_PASSWORD",
        "cannot be read: there is no `=`",
    ]);
    let text = made(&world);
    assert!(text.contains("workers = 7  # from MAX_WORKERS"), "{text}");
    assert!(text.contains("# from VIBE_API_URL"), "{text}");
    assert!(text.contains("LETTA_PASSWORD (line 6)"), "{text}");
    assert!(
        !text.contains("hunter2") && !ran.out.contains("hunter2"),
        "{text}"
    );
    world
        .hvs(&[
            "check",
            "--remote-paths",
            "--strict",
            "--config",
            "made.toml",
        ])
        .await
        .exits(0);
}
