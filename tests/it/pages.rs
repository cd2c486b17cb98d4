//! What the pages of the documentation say is true: lines for cron run, and every row of `bad-input.md` has its test.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sim::vibe::Generation;

use crate::{
    process::{Process, Ran, hvs},
    world::World,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let parts = page.split(begin.as_str()).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

/// Runs a line as cron does: by `sh`, with next to no environment.
async fn as_cron_does(world: &World, line: &str) -> Ran {
    let line = line.replace(
        "/etc/hvs/hvs.toml",
        &world.path("hvs.toml").display().to_string(),
    );
    let bin = world.path("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(hvs(), bin.join("hvs")).unwrap();
    }
    let ran = Process::start(
        Command::new("/bin/sh")
            .args(["-c", &line])
            .current_dir(world.path("."))
            .env_clear()
            .env("HOME", world.path("."))
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display())),
    )
    .wait()
    .await;
    world.keeps_secrets(&ran);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_for_cron_is_silent_where_all_is_well_and_tells_what_is_not() {
    let world = World::sized(Generation::L2, 1, 3, 5).await;
    let page = page("cron.md");
    let table = blocks(&page, "cron").concat();
    let line = table.lines().find(|line| line.starts_with('*')).unwrap();
    let command = line.splitn(6, ' ').nth(5).unwrap();
    for _ in 0..2 {
        let ran = as_cron_does(&world, command).await.exits(0);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    }
    assert_eq!(world.tasks().len(), 3);
    let script = blocks(&page, "sh").concat();
    let ran = as_cron_does(&world, &script).await.exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let (before, vibe) = config.split_once("[vibe]\nurl = \"").unwrap();
    let (_, after) = vibe.split_once('"').unwrap();
    let broken = format!("{before}[vibe]\nurl = \"http://127.0.0.1:1\"{after}");
    std::fs::write(world.path("hvs.toml"), broken).unwrap();
    as_cron_does(&world, command)
        .await
        .exits(4)
        .tells(&["[NET_REFUSED]", "hint:"]);
    as_cron_does(&world, &script)
        .await
        .exits(4)
        .tells(&["a service"]);
}

/// Every `.rs` file below a directory.
fn sources(directory: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_row_of_bad_input_names_a_test_that_there_is() {
    let page = page("bad-input.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| {
            line.starts_with("| ") && !line.starts_with("| case") && !line.starts_with("| ---")
        })
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 25, "{} rows", rows.len());
    let mut texts = Vec::new();
    sources(&root().join("crates"), &mut texts);
    sources(&root().join("tests"), &mut texts);
    for row in rows {
        let [case, message, code, kept, test] = row[..] else {
            panic!("five columns: {row:?}");
        };
        assert!(
            !case.is_empty() && !message.is_empty() && !kept.is_empty(),
            "{row:?}"
        );
        assert!(["0", "2", "3", "4", "5", "6"].contains(&code), "{row:?}");
        let name = format!("fn {}(", test.trim_matches('`'));
        assert!(
            texts.iter().any(|text| text.contains(&name)),
            "there is no test `{test}`: {case}"
        );
    }
}
