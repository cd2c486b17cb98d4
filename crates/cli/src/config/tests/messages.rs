//! Whole messages: what, where, the line, what to do; everything at once.

use expect_test::expect;

use super::{World, fault, whats};

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_nearest_name() {
    let world = World::new("[huly]\n  overlp = \"60 s\"\n");
    expect![[r"
        error: unknown key `overlp` in [huly]
         --> hvs.toml:2:3
          |
        2 |   overlp = ...
          |   ^^^^^^
        hint: did you mean `overlap`?"]]
    .assert_eq(&world.refused());
}

#[test]
fn a_bad_value_is_told_with_its_line() {
    let world = World::new("\n\n\n\n\n\n\n\n\n[lease]\nttl = \"0 s\" # short\n");
    expect![[r#"
        error: `lease.ttl` is 0 s; allowed are 1 s to 60 min
          --> hvs.toml:11:7
           |
        11 | ttl = "0 s"
           |       ^^^^^"#]]
    .assert_eq(&world.refused());
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let world = World::new(
        "[sync]\nworkers = 0\ncreate = \"bot\"\n[hully]\nurl = \"x\"\nfoo = 1\n[vibe]\nurl = 7\n",
    )
    .set("HVS_LOG_LEVEL", "loud")
    .flag("--wrokers", "sync.wrokers", "3");
    assert_eq!(
        whats(&world),
        [
            "`sync.workers` is 0; allowed are 1 to 64",
            "`sync.create` is `bot`; allowed are both, to-vibe, to-huly, none",
            "unknown section or key `hully`",
            "`vibe.url` is a whole number; wanted is a text",
            "`log.level` is `loud`; allowed are error, warn, info, debug, trace",
            "unknown key `sync.wrokers`",
        ]
    );
    assert!(
        world
            .refused()
            .ends_with("\n\nerror: 6 problems in the configuration")
    );
}

#[test]
fn a_key_in_the_wrong_section_is_sent_to_its_own() {
    assert_eq!(
        fault("[sync]\nread_timeout = \"5 s\"\n"),
        "unknown key `read_timeout` in [sync] | `read_timeout` is a key of [huly.http] and [letta.http] and [vibe.http]"
    );
    assert_eq!(
        fault("lease = 5\n"),
        "`lease` is a whole number; it is a section | write [lease]"
    );
    assert_eq!(
        fault("[lease.ttl]\na = 1\n"),
        "`lease.ttl` is a table; wanted is a duration such as \"30 s\""
    );
    assert_eq!(fault("[colour]\n"), "unknown section or key `colour`");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_name() {
    let world = World::new("").set("HVS_SYNC_WORKER", "3");
    expect![[r"
        error: unknown variable `HVS_SYNC_WORKER`
         --> environment: HVS_SYNC_WORKER
        hint: did you mean `HVS_SYNC_WORKERS`?"]]
    .assert_eq(&world.refused());
    assert!(
        World::new("")
            .set("HVS_CASES", "3")
            .set("HVS_BIN", "x")
            .load()
            .projects
            .is_empty()
    );
}

#[test]
fn a_bad_value_of_a_variable_or_a_flag_is_told_with_its_name_and_value() {
    let world = World::new("").set("HVS_SYNC_WORKERS", "five");
    expect![[r"
        error: `sync.workers` is not a whole number that can be counted
         --> environment: HVS_SYNC_WORKERS=five"]]
    .assert_eq(&world.refused());
    let world = World::new("").flag("--create", "sync.create", "to-vib");
    expect![[r"
        error: `sync.create` is `to-vib`; allowed are both, to-vibe, to-huly, none
         --> command line: --create to-vib
        hint: did you mean `to-vibe`?"]]
    .assert_eq(&world.refused());
}

#[test]
fn what_is_not_toml_is_told_with_all_its_places() {
    let world = World::new("[sync]\nworkers = = 2\n[lease\nttl = \"60 s\"\n");
    let message = world.refused();
    assert!(message.starts_with("error: not TOML: "), "{message}");
    assert!(
        message.contains("--> hvs.toml:2:11") && message.contains("--> hvs.toml:3:"),
        "{message}"
    );
    assert!(message.contains("2 | workers = ..."), "{message}");
}

#[test]
fn the_message_as_data_holds_the_same() {
    let world = World::new("[sync]\nworkers = 0\n");
    let error = super::super::load(&world.inputs()).unwrap_err();
    assert_eq!(
        serde_json::to_string(&error).unwrap(),
        r#"[{"what":"`sync.workers` is 0; allowed are 1 to 64","place":{"in":"file","path":"hvs.toml","line":2,"column":11,"excerpt":"workers = 0","caret":11,"width":1},"hints":[]}]"#
    );
}
