//! `[[project]]` and `[status.to_vibe]`: names of people's own.

use super::{super::VibeStatus, World, fault, line, origin_of, whats};

const ROOTS: &str = "[vibe]\nrepo_roots = [\"/srv/code\"]\n";

#[test]
fn projects_keep_their_order_and_the_lines_of_their_values() {
    let text = format!(
        "{ROOTS}[[project]]\nhuly = \"HARB\"\nvibe = \"Harbor\"\nrepo = \"/srv/code/harbor\"\n\n[[project]]\nhuly = \"Old things\"\nskip = true\n"
    );
    let config = World::new(&text).load();
    let [harbor, old] = config.projects.as_slice() else {
        panic!("{:?}", config.projects);
    };
    assert_eq!(
        (harbor.huly.as_str(), harbor.vibe.as_deref()),
        ("HARB", Some("Harbor"))
    );
    assert_eq!(
        harbor.repo.as_deref(),
        Some(std::path::Path::new("/srv/code/harbor"))
    );
    assert!(!harbor.skip && old.skip);
    assert_eq!(harbor.origin, line(3));
    assert_eq!(origin_of(&config, "project.0.repo"), line(6));
    assert_eq!(origin_of(&config, "project.1.skip"), line(10));
}

#[test]
fn every_rule_of_a_project_is_told() {
    for (text, said) in [
        (
            "[project]\nhuly = \"A\"",
            "`project` is a table; wanted are entries | write [[project]] before each",
        ),
        (
            "[[project]]\nvibe = \"A\"",
            "[[project]] has no `huly` | name the Huly project: huly = \"HARB\"",
        ),
        ("[[project]]\nhuly = \"\"", "`project.huly` is empty"),
        (
            "[[project]]\nhuly = 1",
            "`project.huly` is a whole number; wanted is a text",
        ),
        (
            "[[project]]\nhuly = \"A\"\nskip = \"x\"",
            "`project.skip` is a text; wanted is true or false",
        ),
        (
            "[[project]]\nhuly = \"A\"\nrepos = \"/x\"",
            "unknown key `repos` in [[project]] | did you mean `repo`?",
        ),
        (
            "[[project]]\nhuly = \"A\"\nrepo = \"x\"",
            "`project.repo` holds `x`, which is not an absolute path",
        ),
        (
            "[[project]]\nhuly = \"A\"\nrepo = \"/x\"",
            "`project.repo` is not under `vibe.repo_roots`: /srv/code",
        ),
        (
            "[[project]]\nhuly = \"A\"\nrepo = \"/srv/code/../x\"",
            "`project.repo` holds `/srv/code/../x`, a path with `..`",
        ),
        (
            "[[project]]\nhuly = \"A\"\n[[project]]\nhuly = \"a\"",
            "two entries of [[project]] are about huly = \"a\"",
        ),
        (
            "[[project]]\nhuly = \"A\"\nvibe = \"V\"\n[[project]]\nhuly = \"B\"\nvibe = \"v\"",
            "two entries of [[project]] are about vibe = \"v\"",
        ),
    ] {
        assert_eq!(fault(&format!("{ROOTS}{text}\n")), said, "{text}");
    }
    assert_eq!(
        fault("[[project]]\nhuly = \"A\"\nrepo = \"/x\""),
        "`project.repo` is allowed nowhere: `vibe.repo_roots` is empty | name the directory that holds your repositories: repo_roots = [\"...\"] in [vibe]"
    );
}

#[test]
fn a_variable_that_is_not_toml_is_refused_with_an_example() {
    let world = World::new("").set("HVS_PROJECT", "HARB");
    let message = world.refused();
    assert!(
        message.starts_with("error: `project` is not TOML: "),
        "{message}"
    );
    assert!(
        message.ends_with("hint: write it like [{ huly = \"HARB\" }]"),
        "{message}"
    );
}

#[test]
fn all_bad_projects_are_told_at_once() {
    let world = World::new(
        "[[project]]\nskip = true\n[[project]]\nhuly = 2\n[[project]]\nhuly = \"A\"\nx = 1\n",
    );
    assert_eq!(
        whats(&world),
        [
            "[[project]] has no `huly`",
            "`project.huly` is a whole number; wanted is a text",
            "unknown key `x` in [[project]]"
        ]
    );
}

#[test]
fn names_of_statuses_may_hold_anything() {
    let text = "[status.to_vibe]\n\"v1.0 Prüfung\" = \"inreview\"\nDone = \"done\"\n[status.to_huly]\ninreview = \"v1.0 Prüfung\"\n";
    let config = World::new(text).load();
    assert_eq!(config.status.to_vibe["v1.0 Prüfung"], VibeStatus::InReview);
    assert_eq!(config.status.to_huly[&VibeStatus::InReview], "v1.0 Prüfung");
    assert_eq!(
        origin_of(&config, "status.to_vibe.\"v1.0 Prüfung\""),
        line(2)
    );
}
