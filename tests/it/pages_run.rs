//! Every command that a page shows in a block of its own is run by a test: those of `sh` and `cron` here, against a world in which the
//! page's example addresses are real; those of `console` by the tests that hold a page to what is printed ([`crate::transcript`]).

use std::{fs, path::Path};

use serde_json::json;
use sim::{
    clock::Clock,
    dataset::REPO_ROOT,
    http::{Server, letta_router, serve},
    letta::{LettaModel, NewAgent},
    vibe::Generation,
};

use crate::{
    transcript::root,
    world::{START_MS, World},
};

/// Lines that no test types, each with the reason.
const NOT_TYPED: [(&str, &str, &str); 3] = [
    (
        "README.md",
        "cargo run --release -- demo",
        "builds the whole program anew; `hvs demo` is run by tests/it/commands.rs",
    ),
    ("README.md", "cargo xtask test", "runs this test"),
    (
        "docs/getting-started.md",
        "cargo install --locked --path crates/cli",
        "builds the whole program anew, into the machine's own directory",
    ),
];

/// Pages whose blocks no test types, each with the reason.
const NOT_RUN: [(&str, &str); 1] = [(
    "docs/recovery.md",
    "its commands are for a damaged store, which the tests of the store make",
)];

/// A block of a page.
#[derive(Debug)]
struct Block {
    page: String,
    /// Where it begins.
    line: usize,
    language: String,
    lines: Vec<String>,
}

/// The pages for users, by their paths from the root.
fn pages() -> Vec<String> {
    let directory = fs::read_dir(root().join("docs")).unwrap();
    let names = directory.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_page = |name: &String| Path::new(name).extension().is_some_and(|end| end == "md");
    let mut pages: Vec<String> = names
        .filter(is_page)
        .map(|name| format!("docs/{name}"))
        .chain(["README.md".to_owned()])
        .collect();
    pages.sort();
    pages
}

fn blocks() -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        let mut is_inside = false;
        for (at, line) in text.lines().enumerate() {
            let inner = line.trim_start();
            match (inner.strip_prefix("```"), is_inside) {
                (Some(_), true) => is_inside = false,
                (Some(language), false) => {
                    is_inside = true;
                    found.push(Block {
                        page: page.clone(),
                        line: at + 1,
                        language: language.to_owned(),
                        lines: Vec::new(),
                    });
                }
                (None, true) => found.last_mut().unwrap().lines.push(line.to_owned()),
                (None, false) => {}
            }
        }
    }
    found
}

fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap().trim_end()
}

/// The reason why nobody types a line.
fn excused(block: &Block, line: &str) -> bool {
    let line = without_comment(line).trim_start();
    let mut known = NOT_TYPED.iter().filter(|(page, ..)| *page == block.page);
    known.any(|(_, known, _)| *known == line)
}

/// A world in which the pages' examples are real: a project of 12 issues, a repository that is there, a token in a file, and the
/// predecessor's `.env`; with what stands for what.
async fn example() -> (World, Vec<(String, String)>) {
    let world = World::sized(Generation::L2, 1, 12, 5).await;
    let home = world.path(".").canonicalize().unwrap();
    let roots = home.join("repos");
    fs::create_dir_all(roots.join("p0/.git")).unwrap();
    {
        let mut huly = world.huly.model.lock();
        let project = huly.projects()[0].id.clone();
        let path = format!("Path: {}", roots.join("p0").display());
        huly.person_edit_project(&world.who, &project, &json!({ "description": path }))
            .unwrap();
    }
    let below = roots.display().to_string();
    world.vibe.model.lock().paths.all_repos_below(&below);
    let config = fs::read_to_string(world.path("hvs.toml")).unwrap();
    let config = config.replace(REPO_ROOT, &below);
    fs::write(world.path("hvs.toml"), &config).unwrap();
    let value = |key: &str, at: usize| {
        let mut lines = config.lines().filter_map(|line| line.strip_prefix(key));
        let value = lines.nth(at).unwrap();
        value.trim_start_matches(" = ").trim_matches('"').to_owned()
    };
    fs::write(world.path("token"), value("token", 0)).unwrap();
    let env = format!("VIBE_API_URL={}/api\nPARALLEL_SYNC=true\n", value("url", 1));
    fs::write(world.path(".env"), env).unwrap();
    let pasted = format!("{}/workbench/{}", value("url", 0), value("workspace", 0));
    let stands = [
        (
            "https://huly.example.org/workbench/harbour",
            pasted.as_str(),
        ),
        ("/opt/huly-vibe-sync/.env", ".env"),
        ("/run/secrets/huly", "token"),
        ("/etc/hvs/hvs.toml", "hvs.toml"),
        ("/etc/hvs.toml", "hvs.toml"),
        ("HARB", "P0"),
    ];
    let stands = stands.map(|(shown, real)| (shown.to_owned(), real.to_owned()));
    (world, stands.into())
}

/// What is typed where a page starts servers: they run until the block's end, and the next line waits for their configuration.
fn served(line: &str) -> String {
    format!(
        "rm -f hvs.toml hvs.db\n{line} >served 2>&1 &\nserver=$!\ntrap 'kill $server' EXIT\n\
         while ! grep -qs store hvs.toml; do sleep 0.05; done"
    )
}

/// Types a block into a shell of its own, to a good end.
async fn types(block: &Block, commands: &[String]) {
    let (mut world, mut stands) = example().await;
    let mut script = vec!["set -e".to_owned()];
    let letta = LettaModel::new(Clock::running(START_MS), 7);
    let letta = Server::new(letta, 7);
    let listening = serve(letta_router(&letta), 0).await.unwrap();
    if block.page == "docs/letta.md" {
        world.set("letta.sink", "letta");
        world.set("letta.url", &listening.url());
        world.set("letta.model", "letta/letta-free");
        let theirs = NewAgent {
            model: Some("letta/letta-free".to_owned()),
            ..NewAgent::default()
        };
        let theirs = letta.model.lock().create_agent(theirs).unwrap();
        stands.push(("AGENT".to_owned(), theirs.agent.id));
        script.push("hvs -q sync once".to_owned());
    }
    if commands.iter().any(|line| line.contains("once HARB")) {
        // one item is synced where its project has a partner
        script.push("hvs -q sync once".to_owned());
    }
    for command in commands {
        let line = without_comment(command);
        if line.contains("hvs init") {
            script.push("rm hvs.toml".to_owned());
        }
        script.push(if line.contains("hvs sim serve") {
            served(line)
        } else {
            line.to_owned()
        });
    }
    let mut script = script.join("\n");
    for (shown, real) in &stands {
        script = script.replace(shown, real);
    }
    let ran = world.shell(&script).await;
    assert_eq!(ran.code, Some(0), "{}:{}: {ran}", block.page, block.line);
    if block.language == "cron" {
        let said = (ran.out.as_str(), ran.err.as_str());
        assert_eq!(said, ("", ""), "{}:{}", block.page, block.line);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_block_of_commands_can_be_typed_to_a_good_end() {
    let mut count = 0;
    for block in blocks() {
        let lines = block.lines.iter();
        let commands: Vec<String> = match block.language.as_str() {
            "sh" => lines
                .filter(|line| !excused(&block, line))
                .cloned()
                .collect(),
            "cron" => lines
                .filter(|line| line.starts_with('*'))
                .map(|line| line.splitn(6, ' ').nth(5).unwrap().to_owned())
                .collect(),
            // another test follows it, or it holds no command
            _ => Vec::new(),
        };
        let is_left = NOT_RUN.iter().any(|(page, _)| *page == block.page);
        if commands.is_empty() || is_left {
            continue;
        }
        count += 1;
        types(&block, &commands).await;
    }
    assert!(count >= 9, "{count} blocks were typed");
}

/// The sources of these tests.
fn sources() -> String {
    let directory = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("it")).unwrap();
    let files = directory.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    files
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_transcript_is_followed_by_a_test_and_no_command_hides_in_another_block() {
    let sources = sources();
    for block in blocks() {
        let (page, line) = (&block.page, block.line);
        let typed = block.lines.iter().map(|line| line.trim_start());
        match block.language.as_str() {
            "console" => {
                let follows = sources.contains(&format!("follow(\"{page}\")"));
                let mut own = typed.filter_map(|line| line.strip_prefix("$ "));
                let shows = |command: &str| {
                    sources.contains(&format!("\"{page}\""))
                        && sources.contains(&format!("\"{command}\""))
                };
                assert!(
                    follows || own.all(shows),
                    "{page}:{line} is followed by no test"
                );
            }
            "sh" | "cron" => {}
            _ => {
                let mut typed = typed;
                assert!(
                    !typed.any(|line| line.starts_with("hvs ")),
                    "{page}:{line}: commands stand in `sh`, `cron` or `console`"
                );
            }
        }
    }
}

#[test]
fn lines_that_nobody_types_are_still_there() {
    let blocks = blocks();
    for (page, line, why) in NOT_TYPED {
        let is_there = blocks
            .iter()
            .filter(|block| block.page == page)
            .any(|block| {
                block
                    .lines
                    .iter()
                    .any(|known| without_comment(known) == line)
            });
        assert!(
            is_there && !why.is_empty(),
            "{page}: `{line}` is no line of it"
        );
    }
}
