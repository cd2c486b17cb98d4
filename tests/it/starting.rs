//! Starting: `hvs check` holds a configuration against the live servers, `hvs init` writes one.

mod bridge;
mod filter;
mod init;

use serde_json::Value;
use sim::{huly::Role, vibe::Generation};

use crate::{process::Ran, world::World};

/// The findings with this code.
fn findings<'r>(report: &'r Value, code: &str) -> Vec<&'r Value> {
    let all = report["findings"].as_array().unwrap();
    all.iter().filter(|told| told["code"] == code).collect()
}

/// The one finding with this code.
#[track_caller]
fn finding<'r>(report: &'r Value, code: &str) -> &'r Value {
    let found = findings(report, code);
    assert_eq!(found.len(), 1, "{code}: {report:#}");
    found[0]
}

/// Puts more below the world's configuration; answers the line at which it begins.
fn append(world: &World, text: &str) -> usize {
    let path = world.path("hvs.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{before}{text}")).unwrap();
    before.lines().count() + 1
}

/// Runs `hvs check`, whose repositories stand only in the simulation; it writes to no service whatever it finds.
async fn check(world: &World, words: &[&str]) -> Ran {
    world.count_afresh();
    let ran = world
        .hvs(&[&["check", "--remote-paths"], words].concat())
        .await;
    assert_eq!(world.writes(), 0, "{ran}");
    ran
}

/// A world with one project that can be read.
async fn harbor() -> World {
    let world = World::new(Generation::L2).await;
    world.huly_project("HARB", "Harbor");
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_fits_is_told_so_and_leaves_no_trace() {
    let world = harbor().await;
    let ran = check(&world, &[]).await.exits(0);
    let ran = ran.prints(&[
        "CHECK",
        "Huly 0.7.422",
        "role OWNER",
        "Vibe Kanban 0.1.14",
        "is made by the first run",
        "1 of 1",
        "check: 0 errors, 0 warnings",
    ]);
    assert_eq!(ran.err, "", "{ran}");
    assert!(!world.path("hvs.db").exists());
    let json = check(&world, &["--json", "--strict"]).await.exits(0).json();
    assert_eq!(
        (&json["errors"], &json["exit_code"]),
        (&0.into(), &0.into())
    );
    assert!(
        json["rights"]
            .as_array()
            .unwrap()
            .iter()
            .all(|right| right["enough"] == true),
        "{json:#}"
    );
    // with a store that has been used, too
    let project = world.huly.model.lock().projects()[0].id.clone();
    world.issue(&project, "First", "", "Todo");
    world.sync().await;
    check(&world, &[])
        .await
        .exits(0)
        .prints(&["hvs.db: 1 projects"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_does_not_exist_is_told_with_file_line_and_the_nearest_name() {
    let world = harbor().await;
    let line = append(
        &world,
        "\n[status.to_vibe]\n\"In Progres\" = \"inprogress\"\n\n[status.to_huly]\ndone = \"Finished\"\n",
    );
    let ran = check(&world, &[]).await.exits(2);
    ran.prints(&[
        &format!("hvs.toml:{}", line + 2),
        &format!("hvs.toml:{}", line + 5),
        "did you mean `In Progress`?",
        "there are: Backlog",
    ]);
    let json = check(&world, &["--json"]).await.exits(2).json();
    let told = findings(&json, "CHECK_STATUS_UNKNOWN");
    assert_eq!(told.len(), 2, "{json:#}");
    assert_eq!(told[0]["line"], line + 2);
    assert_eq!(told[0]["severity"], "error");
    assert!(told[0]["remedy"].as_str().unwrap().contains("In Progress"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projects_of_the_configuration_must_be_there_and_open_to_us() {
    let world = harbor().await;
    let line = append(
        &world,
        "\n[[project]]\nhuly = \"HRAB\"\n\n[[project]]\nhuly = \"HARB\"\nvibe = \"Harbour\"\n",
    );
    let json = check(&world, &["--json"]).await.exits(2).json();
    let told = findings(&json, "CHECK_PROJECT_UNKNOWN");
    let lines: Vec<_> = told
        .iter()
        .map(|told| told["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [line as u64 + 6, line as u64 + 2], "{json:#}");
    assert!(
        told[1]["remedy"]
            .as_str()
            .unwrap()
            .contains("did you mean `HARB`?"),
        "{json:#}"
    );
}

/// A second account, with which hvs signs in from now on.
fn another(world: &mut World, role: Option<Role>) -> String {
    let password = "an0ther-password";
    let account =
        world
            .huly
            .model
            .lock()
            .add_account("other@example.com", password, "Other Example", role);
    world.set("huly.email", "other@example.com");
    world.set(
        "huly.password_file",
        &world.path("password").display().to_string(),
    );
    std::fs::write(world.path("password"), password).unwrap();
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let kept: Vec<&str> = config
        .lines()
        .filter(|line| !line.starts_with("password ="))
        .collect();
    std::fs::write(world.path("hvs.toml"), kept.join("\n")).unwrap();
    account
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_outside_of_all_projects_is_told_so_before_the_first_run() {
    let mut world = harbor().await;
    another(&mut world, Some(Role::User));
    let ran = check(&world, &[]).await.exits(4);
    ran.prints(&[
        "0 of 1",
        "no member of HARB Harbor",
        "add the account to the members",
        "[PROJECT_NOT_A_MEMBER]",
    ]);
    let json = check(&world, &["--json"]).await.exits(4).json();
    assert_eq!(finding(&json, "PROJECT_NOT_A_MEMBER")["severity"], "error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_may_only_look_is_told_so_before_the_first_write() {
    let mut world = harbor().await;
    let account = another(&mut world, Some(Role::ReadOnlyGuest));
    world
        .huly
        .model
        .lock()
        .set_role(&account, Some(Role::ReadOnlyGuest));
    let json = check(&world, &["--json"]).await.exits(4).json();
    let told = finding(&json, "ACCOUNT_RIGHTS");
    assert!(
        told["what"].as_str().unwrap().contains("READONLYGUEST"),
        "{told:#}"
    );
    assert_eq!(told["origin"], "HVS_HULY_EMAIL", "{told:#}");
    assert_eq!(json["rights"][0]["enough"], false, "{json:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_names_the_line_that_it_is_about() {
    let mut world = harbor().await;
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let line_of = |key: &str| {
        1 + config
            .lines()
            .position(|line| line.starts_with(key))
            .unwrap()
    };
    // the workspace
    std::fs::write(
        world.path("hvs.toml"),
        config.replace("\nworkspace = \"", "\nworkspace = \"not-"),
    )
    .unwrap();
    let json = check(&world, &["--json"]).await.exits(4).json();
    let told = &json["findings"][0];
    assert_eq!(told["line"], line_of("workspace"), "{json:#}");
    assert_eq!(told["key"], "huly.workspace");
    // the other service was looked at all the same
    assert!(
        json["found"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["topic"] == "vibe" && row["found"].is_string())
    );
    // the password
    std::fs::write(world.path("hvs.toml"), config.replace("c4n4ry", "wr0ng")).unwrap();
    let json = check(&world, &["--json"]).await.exits(4).json();
    assert_eq!(
        finding(&json, "HULY_LOGIN_REFUSED")["line"],
        line_of("email"),
        "{json:#}"
    );
    // nobody there
    std::fs::write(world.path("hvs.toml"), &config).unwrap();
    world.set("vibe.url", "http://127.0.0.1:9");
    let json = check(&world, &["--json"]).await.exits(4).json();
    let told = finding(&json, "NET_REFUSED");
    assert_eq!(
        (&told["origin"], &told["topic"]),
        (&"HVS_VIBE_URL".into(), &"vibe".into()),
        "{json:#}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repositories_and_the_stores_place_are_looked_at_on_this_machine() {
    let mut world = harbor().await;
    std::fs::write(world.path("file"), "").unwrap();
    let roots = world.path("repos");
    std::fs::create_dir_all(roots.join("bare")).unwrap();
    world.set(
        "store.path",
        &world.path("file/hvs.db").display().to_string(),
    );
    world.set("vibe.repo_roots", &roots.display().to_string());
    let line = append(
        &world,
        &format!(
            "\n[[project]]\nhuly = \"HARB\"\nrepo = \"{}\"\n",
            roots.join("bare").display()
        ),
    );
    let json = world.hvs(&["check", "--json"]).await.exits(2).json();
    let repo = finding(&json, "CHECK_REPOSITORY");
    assert_eq!(repo["line"], line + 3, "{json:#}");
    assert!(
        repo["what"]
            .as_str()
            .unwrap()
            .contains("is no git repository")
    );
    assert_eq!(
        findings(&json, "CHECK_STORE").len() + findings(&json, "STORE_FILE").len(),
        1,
        "{json:#}"
    );
    std::fs::create_dir_all(roots.join("bare/.git")).unwrap();
    world.set("store.path", "hvs.db");
    world.hvs(&["check", "--strict"]).await.exits(0);
}
