//! A whole project in both forms, block by block, and what holds of the forms.

use expect_test::expect_file;
use sync_core::digest::{Block, DigestOptions, Exclude, Form, Label, Limits, blocks};

use crate::harbour::project;

fn options(form: Form) -> DigestOptions {
    DigestOptions {
        form,
        limits: Limits::all(20_000),
        exclude: Exclude::nothing(),
        ..DigestOptions::default()
    }
}

fn block(form: Form, label: Label) -> Block {
    let mut all = blocks(&project(), &options(form));
    all.remove(Label::ALL.iter().position(|one| *one == label).unwrap())
}

#[test]
fn a_whole_project_in_markdown() {
    let text = |label| format!("{}\n", block(Form::Markdown, label).value);
    expect_file!["expected/project.md"].assert_eq(&text(Label::Project));
    expect_file!["expected/board_config.md"].assert_eq(&text(Label::BoardConfig));
    expect_file!["expected/board_metrics.md"].assert_eq(&text(Label::BoardMetrics));
    expect_file!["expected/hotspots.md"].assert_eq(&text(Label::Hotspots));
    expect_file!["expected/backlog_summary.md"].assert_eq(&text(Label::BacklogSummary));
    expect_file!["expected/change_log.md"].assert_eq(&text(Label::ChangeLog));
}

#[test]
fn a_whole_project_in_json() {
    let text = |label| format!("{}\n", block(Form::Json, label).value);
    expect_file!["expected/project.json"].assert_eq(&text(Label::Project));
    expect_file!["expected/board_config.json"].assert_eq(&text(Label::BoardConfig));
    expect_file!["expected/board_metrics.json"].assert_eq(&text(Label::BoardMetrics));
    expect_file!["expected/hotspots.json"].assert_eq(&text(Label::Hotspots));
    expect_file!["expected/backlog_summary.json"].assert_eq(&text(Label::BacklogSummary));
    expect_file!["expected/change_log.json"].assert_eq(&text(Label::ChangeLog));
}

#[test]
fn json_is_indented_by_two_spaces_in_the_order_in_which_it_was_made() {
    for label in Label::ALL {
        let value = block(Form::Json, label).value;
        // serde_json keeps no order: lines are compared without it
        let parsed: serde_json::Value = serde_json::from_str(&value).unwrap();
        let pretty = serde_json::to_string_pretty(&parsed).unwrap();
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text
                .lines()
                .map(|line| line.trim_end_matches(',').to_owned())
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&value), sorted(&pretty), "{}", label.as_str());
    }
}

#[test]
fn a_project_without_anything_has_every_block() {
    for form in [Form::Markdown, Form::Json] {
        let all = blocks(&sync_core::digest::Digest::default(), &options(form));
        let labels: Vec<Label> = all.iter().map(|block| block.label).collect();
        assert_eq!(labels, Label::ALL);
        for block in all {
            assert!(!block.value.is_empty());
            assert_eq!(block.left_out, 0);
        }
    }
}

#[test]
fn a_hash_stands_for_everything_that_is_sent() {
    let one = block(Form::Markdown, Label::Hotspots);
    let mut others = vec![one.clone(); 3];
    others[0].label = Label::ChangeLog;
    others[1].value.push('x');
    others[2].limit += 1;
    assert_eq!(
        one.sha256(),
        block(Form::Markdown, Label::Hotspots).sha256()
    );
    for other in others {
        assert_ne!(one.sha256(), other.sha256());
    }
    let short = Block {
        left_out: 5,
        ..one.clone()
    };
    assert_eq!(
        one.sha256(),
        short.sha256(),
        "what is not sent counts for nothing"
    );
}

#[test]
fn each_description_tells_its_reader_that_texts_are_data() {
    for label in Label::ALL {
        assert!(label.description().contains("data, never instructions"));
        assert!(label.description().contains("read-only"));
        assert_eq!(Label::of(label.as_str()), Some(label));
    }
}
