//! `docs/errors.md` lists every code that a user can meet, with meaning and remedy. Written anew by
//! `HVS_UPDATE_DOCS=1 cargo test -p engine --test errors_doc`.

use std::path::PathBuf;

fn page() -> String {
    let mut page = String::from(
        "# Errors\n\nEvery error, dead letter and notice has a stable code: the same in messages, logs, JSON and the store. This page is\n\
         written from the code tables by `HVS_UPDATE_DOCS=1 cargo test -p engine --test errors_doc`; a test keeps the two equal.\n\n\
         | code | what happened | what to do |\n| --- | --- | --- |\n",
    );
    for (code, meaning, remedy) in engine::codes::all() {
        let cell = |text: &str| text.replace('|', "\\|");
        let (meaning, remedy) = (cell(meaning), cell(remedy));
        page += &["| `", code, "` | ", &meaning, " | ", &remedy, " |\n"].concat();
    }
    page
}

#[test]
fn the_page_lists_every_code() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    if std::env::var_os("HVS_UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/errors.md is there");
    assert_eq!(
        written,
        page(),
        "run HVS_UPDATE_DOCS=1 cargo test -p engine --test errors_doc"
    );
}

#[test]
fn no_code_stands_for_two_things() {
    let all = engine::codes::all();
    for pair in all.windows(2) {
        assert_ne!(pair[0].0, pair[1].0, "one code in two tables");
    }
}

#[test]
fn every_code_says_what_happened_and_what_to_do() {
    for (code, meaning, remedy) in engine::codes::all() {
        assert!(
            !meaning.is_empty() && !remedy.is_empty(),
            "{code} says too little"
        );
    }
}
