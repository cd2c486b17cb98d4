//! `hvs check` and `hvs init` where Huly is behind the predecessor's bridge.

use sim::{dataset::REPO_ROOT, http::Form, vibe::Generation};

use super::{append, check, finding};
use crate::{process::Ran, world::World};

/// Where the world's servers are, by the section of its configuration.
fn url_of(world: &World, section: &str) -> String {
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let (_, after) = config
        .split_once(&format!("[{section}]\nurl = \""))
        .unwrap();
    after.split('"').next().unwrap().to_owned()
}

/// `hvs init` with what is always said, into `made.toml`. It writes to no service.
async fn init(world: &World, more: &[&str]) -> Ran {
    let vibe = url_of(world, "vibe");
    let words = [
        "init",
        "--yes",
        "--remote-paths",
        "--out",
        "made.toml",
        "--store",
        "made.db",
        "--repo-root",
        REPO_ROOT,
        "--vibe-url",
        &vibe,
    ];
    world.count_afresh();
    let ran = world.hvs(&[&words[..], more].concat()).await;
    assert_eq!(world.writes(), 0, "{ran}");
    ran
}

fn made(world: &World) -> String {
    std::fs::read_to_string(world.path("made.toml")).unwrap()
}

/// What was written is accepted, and a run by it brings both sides together.
async fn is_used(world: &World, tasks: usize) {
    let with = |words: &[&'static str]| [words, &["--config", "made.toml"]].concat();
    let words = with(&["check", "--remote-paths", "--strict"]);
    world.hvs(&words).await.exits(0);
    world.hvs(&with(&["sync", "once"])).await.exits(0);
    assert_eq!(world.tasks().len(), tasks);
    let again = world.hvs(&with(&["sync", "once"])).await.exits(0);
    again.prints(&["nothing to write"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_looks_through_the_bridge_and_says_what_it_cannot_do() {
    for (form, words) in [(Form::First, "first form"), (Form::Later, "later form")] {
        let (world, bridge) = World::bridge(Generation::L2, 2, 4, form).await;
        let ran = check(&world, &["--strict"]).await.exits(0);
        let ran = ran.prints(&[
            "Huly through the bridge at ",
            words,
            "no conditional writes, repeatable creates, lists of changes, status at create",
            "Huly's clock is in step",
            "2 in Huly (0 archived)",
            "check: 0 errors, 0 warnings",
        ]);
        assert_eq!(ran.err, "", "{ran}");
        assert!(!world.path("hvs.db").exists());
        // nobody tells the account's role: that is told as such, and nothing is made up
        let json = check(&world, &["--json"]).await.exits(0).json();
        let role = &json["rights"][0];
        assert_eq!(
            (&role["has"], &role["enough"]),
            (&"not told".into(), &serde_json::Value::Null),
            "{json:#}"
        );
        bridge.lock().connected = false;
        let json = check(&world, &["--json"]).await.exits(4).json();
        let told = finding(&json, "HULY_BRIDGE_NOT_CONNECTED");
        assert_eq!(
            (&told["key"], &told["line"]),
            (&"huly.url".into(), &2.into()),
            "{json:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_checked_through_the_bridge_and_so_is_the_way_of_the_store() {
    let (world, _) = World::bridge(Generation::L2, 1, 4, Form::First).await;
    world.sync().await;
    check(&world, &["--strict"]).await.exits(0);
    let line = append(
        &world,
        "\n[status.to_huly]\ndone = \"Finished\"\n\n[[project]]\nhuly = \"P9\"\n",
    );
    let json = check(&world, &["--json"]).await.exits(2).json();
    assert_eq!(finding(&json, "CHECK_PROJECT_UNKNOWN")["line"], line + 5);
    // a store of Huly's own services is another one
    let (other, _) = World::bridge(Generation::L2, 1, 4, Form::First).await;
    other.sync().await;
    let config = std::fs::read_to_string(other.path("hvs.toml")).unwrap();
    let platform = World::sized(Generation::L2, 1, 4, 5).await;
    platform.sync().await;
    std::fs::copy(platform.path("hvs.db"), other.path("platform.db")).unwrap();
    std::fs::write(
        other.path("hvs.toml"),
        config.replace("path = \"hvs.db\"", "path = \"platform.db\""),
    )
    .unwrap();
    let ran = check(&other, &[]).await.exits(2);
    ran.prints(&["made with `huly.api = \"platform\"`", "(store.path)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_finds_out_that_an_address_is_a_bridges_or_is_told() {
    for (form, flag) in [
        (Form::First, &[][..]),
        (Form::Later, &["--huly-api", "bridge"][..]),
    ] {
        let (world, _) = World::bridge(Generation::L2, 2, 6, form).await;
        let url = url_of(&world, "huly");
        let ran = init(&world, &[&["--huly-url", &url], flag].concat()).await;
        ran.exits(0)
            .prints(&["check: 0 errors, 0 warnings", "wrote made.toml"]);
        let text = made(&world);
        assert!(
            text.contains("api = \"bridge\"") && text.contains(&format!("url = \"{url}\"")),
            "{text}"
        );
        assert!(!text.contains("token") && !text.contains("email"), "{text}");
        is_used(&world, 12).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_predecessors_address_of_the_bridge_is_carried_over() {
    let (world, _) = World::bridge(Generation::L1, 2, 6, Form::First).await;
    let url = url_of(&world, "huly");
    let env = format!("HULY_MCP_URL=http://127.0.0.1:9/mcp\nHULY_API_URL={url}/api\n");
    std::fs::write(world.path(".env"), env).unwrap();
    let ran = init(&world, &["--from-env", ".env", "--workspace", "acme"]).await;
    ran.exits(0).prints(&[
        "HULY_API_URL",
        &format!("huly.api = \"bridge\", huly.url = {url}"),
        "HULY_API_URL went before it",
    ]);
    let text = made(&world);
    assert!(
        text.contains("api = \"bridge\"")
            && text.contains("# from HULY_API_URL")
            && text.contains("workspace = \"acme\""),
        "{text}"
    );
    is_used(&world, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_that_does_not_answer_is_told_with_its_address_and_an_account_is_refused() {
    let (world, bridge) = World::bridge(Generation::L2, 1, 1, Form::First).await;
    let url = url_of(&world, "huly");
    init(
        &world,
        &[
            "--huly-url",
            &url,
            "--huly-api",
            "bridge",
            "--email",
            "a@example.com",
        ],
    )
    .await
    .exits(2)
    .tells(&["asks for no account", "--huly-api platform"]);
    bridge.lock().connected = false;
    init(&world, &["--huly-url", &url])
        .await
        .exits(4)
        .tells(&["[HULY_BRIDGE_NOT_CONNECTED]"]);
    std::fs::write(world.path(".env"), "HULY_API_URL=http://127.0.0.1:9/api\n").unwrap();
    init(&world, &["--from-env", ".env"])
        .await
        .exits(4)
        .tells(&["Huly at http://127.0.0.1:3458/", "[NET_REFUSED]"]);
    assert!(!world.path("made.toml").exists());
}
