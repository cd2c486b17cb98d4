//! One row per rule: the file, and what is said of it.

use super::{World, fault};

/// The file, and what is said of it: ` | ` begins a hint.
const RULES: &[(&str, &str)] = &[
    (
        "[huly]\nurl = \"huly.example.org\"",
        "`huly.url` is not an address: relative URL without a base | write it like https://huly.example.org",
    ),
    (
        "[huly]\nurl = \"ftp://huly\"",
        "`huly.url` has the scheme `ftp`; allowed are http and https | write it like https://huly.example.org",
    ),
    (
        "[vibe]\nurl = \"http://\"",
        "`vibe.url` is not an address: empty host | write it like https://huly.example.org",
    ),
    (
        "[vibe]\nurl = \"http://me:pw@host\"",
        "`vibe.url` holds a user name or a password | credentials have keys of their own",
    ),
    (
        "[vibe]\nurl = \"http://host/?a=1\"",
        "`vibe.url` holds a `?` or a `#`; wanted is the address alone",
    ),
    (
        "[huly]\nworkspace = \" \"",
        "`huly.workspace` is empty | leave the key out to have the default",
    ),
    (
        "[huly]\noverlap = 60",
        "`huly.overlap` is a whole number; wanted is a duration such as \"30 s\" | write the unit too, in quotes",
    ),
    (
        "[huly]\noverlap = \"60\"",
        "`huly.overlap` has no unit: write a duration such as \"30 s\", \"15 min\" or \"24 h\"",
    ),
    (
        "[huly]\noverlap = \"2 h\"",
        "`huly.overlap` is 2 h; allowed are 0 s to 60 min",
    ),
    (
        "[huly]\npage_size = -1",
        "`huly.page_size` is -1; allowed are 1 to 5000",
    ),
    (
        "[huly]\npage_size = 99999999999",
        "`huly.page_size` is 99999999999; allowed are 1 to 5000",
    ),
    (
        "[huly]\npage_size = 1.5",
        "`huly.page_size` is a number; wanted is a whole number",
    ),
    (
        "[huly.http]\nbody_cap = \"2 GiB\"",
        "`huly.http.body_cap` is 2 GiB; allowed are 1 KiB to 1 GiB",
    ),
    (
        "[huly.http]\nwrite_concurrency = 11",
        "`huly.http.write_concurrency` is 11; allowed are 1 to 10",
    ),
    (
        "[vibe.http]\nwrite_concurrency = 9",
        "`vibe.http.write_concurrency` is 9, more than `vibe.http.concurrency`, which is 8 | writes are calls too",
    ),
    (
        "[sync]\nprojects_create = \"yes\"",
        "`sync.projects_create` is a text; wanted is true or false",
    ),
    (
        "[guard]\nremovals_share = 1.5",
        "`guard.removals_share` is 1.5; allowed are 0 to 1",
    ),
    (
        "[guard]\nremovals_share = nan",
        "`guard.removals_share` is NaN; allowed are 0 to 1",
    ),
    (
        "[guard]\nremovals_share = \"many\"",
        "`guard.removals_share` is not a share such as 0.2 or \"20 %\"",
    ),
    (
        "[fields]\nstatus = \"merge\"",
        "`fields.status` is `merge`; allowed are huly, vibe, manual",
    ),
    (
        "[delete]\npolicy = \"Cancel\"",
        "`delete.policy` is `Cancel`; allowed are cancel, mirror, ignore | did you mean `cancel`?",
    ),
    (
        "[log]\nformat = [\"text\"]",
        "`log.format` is an array; wanted is a text | put it in quotes",
    ),
    (
        "[vibe]\nrepo_roots = \"/srv\"",
        "`vibe.repo_roots` is a text; wanted is an array of texts | write [\"...\"]",
    ),
    (
        "[vibe]\nrepo_roots = [\"code\"]",
        "`vibe.repo_roots` holds `code`, which is not an absolute path",
    ),
    (
        "[vibe]\nrepo_roots = [\"/srv/../etc\"]",
        "`vibe.repo_roots` holds `/srv/../etc`, a path with `..`",
    ),
    (
        "[vibe]\nrepo_roots = [1]",
        "`vibe.repo_roots` holds a whole number; wanted are texts",
    ),
    (
        "[vibe]\nrepo_roots = [\"/srv\"]\ndefault_repo = \"/srv/all\"",
        "`vibe.default_repo` has no place for the project: `{identifier}` | write it like \"/srv/code/{identifier}\"",
    ),
    (
        "[vibe]\nrepo_roots = [\"/srv\"]\ndefault_repo = \"/other/{identifier}\"",
        "`vibe.default_repo` is not under `vibe.repo_roots`: /other/{identifier} | add the directory before `{identifier}` to `repo_roots`",
    ),
    (
        "[status.to_vibe]\nReview = \"review\"",
        "`status.to_vibe.\"Review\"` is `review`; allowed are todo, inprogress, inreview, done, cancelled | did you mean `inreview`?",
    ),
    (
        "[status.to_vibe]\nDone = \"done\"\ndone = \"done\"",
        "`status.to_vibe.\"done\"` is there twice, but for large and small letters",
    ),
    (
        "[status.to_vibe]\nDone = 1",
        "`status.to_vibe.\"Done\"` is a whole number; wanted is a text",
    ),
    (
        "[status.to_vibe]\n\"\" = \"done\"",
        "`status.to_vibe` holds an empty name",
    ),
    (
        "[status]\nto_vibe = 1",
        "`status.to_vibe` is a whole number; wanted is a table",
    ),
    (
        "[status.to_huly]\nfinished = \"Done\"",
        "unknown key `finished` in [status.to_huly]",
    ),
];

#[test]
fn every_rule_of_one_value_is_told() {
    for (text, said) in RULES {
        assert_eq!(fault(text), *said, "{text}");
    }
}

#[test]
fn a_lease_outlives_a_write_two_heartbeats_and_a_margin() {
    // 15 s + 2 x 10 s + 5 s
    let config = World::new("[lease]\nttl = \"40 s\"\n").load();
    assert_eq!(config.lease.ttl.as_secs(), 40);
    assert_eq!(
        fault("[lease]\nttl = \"39 s\""),
        "`lease.ttl` is 39 s, too short: a write may take 15 s (vibe.http.write_timeout), and two heartbeats of 10 s and 5 s come on top | at least 40 s are needed"
    );
    assert_eq!(
        fault("[huly.http]\nwrite_timeout = \"40 s\""),
        "`lease.ttl` is 60 s, too short: a write may take 40 s (huly.http.write_timeout), and two heartbeats of 10 s and 5 s come on top | at least 65 s are needed"
    );
    let message = World::new("[lease]\nheartbeat = \"25 s\"\n").refused();
    assert!(message.contains("2 | heartbeat = \"25 s\""), "{message}");
}

#[test]
fn rules_about_several_keys_wait_until_each_could_be_read() {
    assert_eq!(
        fault("[lease]\nttl = \"5 s\"\nheartbeat = \"x\""),
        "`lease.heartbeat` is not a duration such as \"30 s\", \"15 min\" or \"24 h\""
    );
}

#[test]
fn the_repository_of_a_project_without_one_is_made_of_its_identifier() {
    let text = "[vibe]\nrepo_roots = [\"/srv\"]\ndefault_repo = \"/srv/code/{identifier}\"\n";
    let template = World::new(text).load().vibe.default_repo.unwrap();
    assert_eq!(
        template.path("HARB"),
        std::path::Path::new("/srv/code/harb")
    );
}
