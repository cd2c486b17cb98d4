//! Our own footer: written below a text, found again whatever people did to it.

use std::sync::Arc;

use proptest::prelude::*;
use sync_core::{
    footer::{Footer, MAX_BYTES, Marker, Split, Writer, compose, split},
    ids::{Attempt, Generation, LinkId, StoreId},
};
use uuid::Uuid;

fn marker(link: u128) -> Marker {
    Marker {
        store: StoreId(Uuid::from_u128(7)),
        link: LinkId(Uuid::from_u128(link)),
        generation: Generation(1),
        attempt: Attempt(2),
    }
}

fn footer(link: u128) -> Footer {
    Footer {
        writer: Writer::Ours,
        label: Some("PROJ-12".into()),
        url: Some("https://huly.example/workbench/ws/tracker/PROJ-12".into()),
        marker: Some(marker(link)),
        note: None,
    }
}

fn empty() -> Footer {
    Footer {
        writer: Writer::Ours,
        label: None,
        url: None,
        marker: None,
        note: None,
    }
}

fn block(link: u128) -> String {
    compose("", &footer(link))
}

/// Line `at` of the block.
fn line(at: usize) -> String {
    block(1).lines().nth(at).unwrap_or_default().to_owned()
}

#[test]
fn the_block_is_written_as_documented() {
    let mut with_note = footer(1);
    with_note.note = Some("its issue was deleted in Huly".into());
    let expected = "Body\n\n\
        <!-- hvs:begin v1 store=00000000-0000-0000-0000-000000000007 link=00000000-0000-0000-0000-000000000001 generation=1 attempt=2 -->\n\
        Kept the same as Huly [PROJ-12](https://huly.example/workbench/ws/tracker/PROJ-12) by hvs.\n\
        Note by hvs: its issue was deleted in Huly\n\
        <!-- hvs:end -->";
    assert_eq!(compose("Body", &with_note), expected);
    assert_eq!(
        split(expected),
        Split {
            body: "Body".into(),
            footer: Some(with_note)
        }
    );
}

#[test]
fn parts_that_are_missing_are_left_out() {
    let label_only = Footer {
        label: Some("P-1".into()),
        ..empty()
    };
    let url_only = Footer {
        url: Some("https://h.example/1".into()),
        ..empty()
    };
    let note_only = Footer {
        note: Some("gone".into()),
        ..empty()
    };
    let rows = [
        (
            label_only,
            "<!-- hvs:begin v1 -->\nKept the same as Huly P-1 by hvs.\n<!-- hvs:end -->",
        ),
        (
            url_only,
            "<!-- hvs:begin v1 -->\nKept the same as Huly <https://h.example/1> by hvs.\n<!-- hvs:end -->",
        ),
        (
            note_only,
            "<!-- hvs:begin v1 -->\nNote by hvs: gone\n<!-- hvs:end -->",
        ),
        (empty(), "<!-- hvs:begin v1 -->\n<!-- hvs:end -->"),
    ];
    for (footer, text) in rows {
        assert_eq!(compose("", &footer), text);
        assert_eq!(
            split(text),
            Split {
                body: String::new(),
                footer: Some(footer)
            },
            "{text}"
        );
    }
}

/// A row: what people made of the text, the body that is left of it.
#[expect(clippy::too_many_lines, reason = "a table")]
fn cut_rows() -> Vec<(&'static str, String, &'static str)> {
    let (block, begin, same, end) = (block(1), line(0), line(1), line(2));
    let crlf = |text: &str| text.replace('\n', "\r\n");
    vec![
        ("at the end", format!("a\n\n{block}"), "a"),
        ("alone", block.clone(), ""),
        ("with blank lines around", format!("\n\n{block}\n\n"), ""),
        (
            "at the end, with a line end",
            format!("a\n\n{block}\n"),
            "a",
        ),
        (
            "trailing white space of the text stays",
            format!("a  \n\n\n{block}"),
            "a  \n",
        ),
        ("typed below", format!("a\n\n{block}\nb"), "a\n\nb"),
        (
            "typed below with a gap",
            format!("a\n\n{block}\n\n\nb\n"),
            "a\n\nb\n",
        ),
        ("moved to the top", format!("{block}\n\na\n"), "a\n"),
        (
            "in the middle",
            format!("a\nb\n\n{block}\n\n    c\n"),
            "a\nb\n\n    c\n",
        ),
        ("glued to the text above", format!("a\n{block}"), "a"),
        (
            "glued to the end of the line above",
            format!("a{block}"),
            "a",
        ),
        ("typed on behind it", format!("a\n\n{block}b"), "a\n\nb"),
        ("twice", format!("a\n\n{block}\n\n{block}"), "a"),
        (
            "twice with text between",
            format!("a\n\n{block}\n\nb\n\n{block}"),
            "a\n\nb",
        ),
        (
            "by an editor that writes CRLF",
            crlf(&format!("a\n\n{block}")),
            "a",
        ),
        (
            "CRLF, typed below",
            crlf(&format!("a\nb\n\n{block}\nc\n")),
            "a\r\nb\n\nc\r\n",
        ),
        (
            "all on one line",
            format!("a {begin} {same} {end} b"),
            "a \n\n b",
        ),
        (
            "trailing spaces",
            format!("a\n\n{begin}  \n{same} \n{end}   "),
            "a",
        ),
        ("begin without end", format!("a\n\n{begin}\n{same}"), "a"),
        (
            "begin without end, typed below",
            format!("a\n\n{begin}\n{same}\nb\nc"),
            "a\n\nb\nc",
        ),
        (
            "end without begin",
            format!("a\n\n{same}\n{end}\nb"),
            "a\n\nb",
        ),
        ("only the begin", format!("a\n\n{begin}"), "a"),
        ("only the end", format!("a\n\n{end}"), "a"),
        ("only the line for people", format!("a\n\n{same}"), "a"),
        (
            "typed inside",
            format!("a\n\n{begin}\nmine\n{same}\n{end}"),
            "a\n\nmine",
        ),
        (
            "an edited line stays",
            format!("{begin}\n{same} See there.\n{end}"),
            "Kept the same as Huly [PROJ-12](https://huly.example/workbench/ws/tracker/PROJ-12) by hvs. See there.",
        ),
        (
            "an edited link stays",
            format!("{begin}\n{}\n{end}", same.replace("huly.example", "a b")),
            "Kept the same as Huly [PROJ-12](https://a b/workbench/ws/tracker/PROJ-12) by hvs.",
        ),
        (
            "a note is cut",
            format!("a\n{begin}\nNote by hvs: why\n{end}"),
            "a",
        ),
        (
            "inside a code fence",
            format!("```\n{block}\n```"),
            "```\n\n```",
        ),
        (
            "a later version's begin",
            "a\n\n<!-- hvs:begin v9 link=x more=1 -->\n<!-- hvs:end -->".into(),
            "a",
        ),
    ]
}

#[test]
fn it_is_cut_wherever_it_stands_and_the_rest_is_kept() {
    for (name, text, body) in cut_rows() {
        assert_eq!(split(&text).body, body, "{name}");
    }
}

#[test]
fn a_text_without_footer_comes_back_to_the_letter() {
    let long = "x".repeat(100_000);
    let texts = [
        "",
        "\n",
        "\r\n\r\n",
        "  a  \n\n\n",
        "a\r\nb\r\n",
        "no end: <!-- hvs:begin v1",
        "<!-- hvs:begin -->",
        "<!-- hvs:begin one two -->",
        "<!-- hvs:begin v1 nonsense -->",
        "<!-- hvs:End -->",
        "<!-- HVS:END -->",
        "<!-- other -->",
        "> <!-- quoted -->",
        "<!-- hvs:",
        "Note by hvs:",
        "Note by hvs:  two spaces",
        "Note by hvs: <b>",
        "Kept the same as Huly  by hvs.",
        "Kept the same as Huly by hvs.",
        "It says: Kept the same as Huly P-1 by hvs.",
        "Kept the same as Huly [P-1](no end by hvs.",
        "Kept the same as Huly [P[1](u) by hvs.",
        "emoji 👩‍👩‍👧 and \u{202e}right to left\u{0}",
        &long,
    ];
    for text in texts {
        assert_eq!(
            split(text),
            Split {
                body: text.to_owned(),
                footer: None
            },
            "{text:?}"
        );
    }
}

#[test]
fn the_last_whole_block_counts() {
    let (first, second) = (block(1), block(2));
    let open = |link| block(link).lines().next().unwrap().to_owned();
    let link = |text: &str| {
        split(text)
            .footer
            .and_then(|footer| footer.marker)
            .map(|marker| marker.link.0.as_u128())
    };
    let rows = [
        ("two blocks", format!("a\n\n{first}\n\n{second}"), Some(2)),
        (
            "the other order",
            format!("a\n\n{second}\n\nb\n\n{first}"),
            Some(1),
        ),
        (
            "a broken one after a whole one",
            format!("{first}\n\n{}", open(2)),
            Some(1),
        ),
        (
            "a broken one before a whole one",
            format!("{}\n\n{second}", open(1)),
            Some(2),
        ),
        (
            "two broken ones",
            format!("{}\ntext\n{}", open(1), open(2)),
            Some(2),
        ),
        ("a broken one alone", format!("a\n\n{}", open(3)), Some(3)),
        (
            "one without marker after one with",
            format!("{first}\n\n{}", compose("", &empty())),
            Some(1),
        ),
        (
            "a marker that was edited",
            first.replace("attempt=2", "attempt=two"),
            None,
        ),
        (
            "a marker with a part missing",
            first.replace("generation=1 ", ""),
            None,
        ),
        (
            "a marker with more parts",
            first.replace("attempt=2", "attempt=2 new=part"),
            Some(1),
        ),
    ];
    for (name, text, expected) in rows {
        assert_eq!(link(&text), expected, "{name}");
        assert!(!split(&text).body.contains("hvs"), "{name}");
    }
}

#[test]
fn what_the_lines_say_belongs_to_the_block_they_stand_in() {
    let mut other = footer(2);
    other.label = Some("PROJ-99".into());
    let text = format!("{}\n\n{}", block(1), compose("", &other));
    assert_eq!(split(&text).footer, Some(other.clone()));
    let text = format!("{}\n\n{}", compose("", &other), block(1));
    assert_eq!(split(&text).footer, Some(footer(1)));
}

#[test]
fn a_line_that_lost_its_comments_counts_at_the_end_of_the_text_only() {
    let same = line(1);
    let label = |text: &str| split(text).footer.and_then(|footer| footer.label);
    assert_eq!(label(&format!("a\n\n{same}\n")).as_deref(), Some("PROJ-12"));
    assert_eq!(label(&format!("a\n\n{same}\n\nb")), None);
    assert_eq!(split(&format!("a\n\n{same}")).footer.unwrap().marker, None);
    let noted = format!("a\n\n{same}\nNote by hvs: why");
    assert_eq!(split(&noted).footer.unwrap().note.as_deref(), Some("why"));
    assert_eq!(label("a\n\nNote by hvs: why"), None);
}

#[test]
fn no_text_can_end_the_block() {
    let rows = [
        ("-->", r"--\>"),
        ("<!-- hvs:end -->", r"\<!-- hvs:end --\>"),
        ("a\nb\r\nc", "a b  c"),
        ("a\u{2028}b\u{0}c", "a b c"),
        (
            "[x](y) `c` *d* &amp; ~e~",
            r"\[x\](y) \`c\` \*d\* \&amp; \~e\~",
        ),
        (r"back\slash\", r"back\\slash\\"),
        ("  padded  ", "padded"),
        ("Müller 🚀", "Müller 🚀"),
    ];
    for (text, written) in rows {
        let footer = Footer {
            note: Some(text.into()),
            marker: Some(marker(1)),
            ..empty()
        };
        let whole = compose("b", &footer);
        assert!(
            whole.contains(&format!("\nNote by hvs: {written}\n")),
            "{whole}"
        );
        let parts = split(&whole);
        assert_eq!(parts.body, "b");
        assert_eq!(parts.footer, Some(footer.settled()), "{text}");
    }
}

#[test]
fn links_are_encoded_and_too_long_ones_left_out() {
    let url = |url: &str| {
        Footer {
            url: Some(url.into()),
            ..empty()
        }
        .settled()
        .url
    };
    assert_eq!(
        url("https://h/a b(c)>").as_deref(),
        Some("https://h/a%20b%28c%29%3E")
    );
    assert_eq!(url("https://h/%20_ü").as_deref(), Some("https://h/%20_ü"));
    assert_eq!(
        url("https://h/\u{2028}-->").as_deref(),
        Some("https://h/%E2%80%A8--%3E")
    );
    assert_eq!(url(" \n"), None);
    assert_eq!(url(&format!("https://h/{}", "x".repeat(2_000))), None);
}

#[test]
fn long_texts_are_cut_and_blank_ones_left_out() {
    let label = |text: &str| {
        Footer {
            label: Some(text.into()),
            ..empty()
        }
        .settled()
        .label
    };
    assert_eq!(
        label(&"ü".repeat(600)).map(|text| text.chars().count()),
        Some(500)
    );
    assert_eq!(label(" \n\t"), None);
    assert_eq!(
        label(&format!("{} {}", "a".repeat(499), "b"))
            .unwrap()
            .len(),
        499
    );
}

#[test]
fn a_whole_footer_stays_below_the_stated_size() {
    let worst: Arc<str> = "𝕏".repeat(500).into();
    let footer = Footer {
        label: Some(worst.clone()),
        note: Some(worst),
        url: Some("u".repeat(2_000).into()),
        ..footer(1)
    };
    assert!(compose("body", &footer).len() <= "body".len() + MAX_BYTES);
}

#[test]
fn many_broken_comments_take_no_quadratic_time() {
    let text = "<!-- hvs:begin ".repeat(200_000);
    assert_eq!(split(&text).body.len(), text.len());
    let text = "<!-- hvs:end -->".repeat(100_000);
    assert_eq!(split(&text).body, "");
    let text = "a\n<!-- hvs:end -->\n".repeat(50_000);
    assert_eq!(split(&text).body.matches('a').count(), 50_000);
}

/// Texts out of everything that could confuse the reader.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\r".to_owned()),
        1 => Just(" ".to_owned()),
        1 => Just("---".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("-->".to_owned()),
        1 => Just("<!-- hvs:".to_owned()),
        1 => Just("<!-- hvs:begin ".to_owned()),
        1 => Just("<!-- hvs:end -->".to_owned()),
        1 => Just("Note by hvs: ".to_owned()),
        1 => Just("Kept the same as Huly P-1 by hvs.".to_owned()),
        1 => Just("Huly Issue: PROJ-12".to_owned()),
        1 => Just("---\nHuly Issue: PROJ-12\n".to_owned()),
        1 => Just("\n\n---\nHuly Issue: PROJ-3\nHuly Parent: none".to_owned()),
        1 => Just("Synced from Huly: AB_2-7".to_owned()),
        1 => Just("Beads Issue: bd-1".to_owned()),
        1 => (0..4_u128).prop_map(block),
        1 => (0..4_usize).prop_map(|at| block(9).lines().nth(at).unwrap_or_default().to_owned()),
        2 => ".{0,6}",
        1 => "[a-z ]{1,12}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn any_footer() -> impl Strategy<Value = Footer> {
    let text = || {
        prop::option::of(prop_oneof![
            hostile(),
            Just("PROJ-12".to_owned()),
            "[-<>!\\\\\\[\\]()a `*]{0,12}"
        ])
    };
    let marker = prop::option::of((0..9_u128, any::<u32>(), any::<u32>()).prop_map(
        |(link, generation, attempt)| Marker {
            generation: Generation(generation),
            attempt: Attempt(attempt),
            ..marker(link)
        },
    ));
    (text(), text(), text(), marker).prop_map(|(label, url, note, marker)| Footer {
        writer: Writer::Ours,
        label: label.map(Arc::from),
        url: url.map(Arc::from),
        marker,
        note: note.map(Arc::from),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_split_comes_back_from_every_composition(text in hostile(), footer in any_footer()) {
        let body = split(&text).body;
        let again = split(&compose(&body, &footer));
        prop_assert_eq!(&again.body, &body);
        prop_assert_eq!(again.footer, Some(footer.settled()));
    }

    #[test]
    fn splitting_twice_is_splitting_once(text in hostile()) {
        let once = split(&text);
        let twice = split(&once.body);
        prop_assert_eq!(&twice.body, &once.body);
    }

    #[test]
    fn composing_over_any_text_loses_what_splitting_it_loses(text in hostile(), footer in any_footer()) {
        // the trailing blank lines of a text whose own footer is cut may differ: they went with that footer
        let direct = split(&compose(&text, &footer)).body;
        let body = split(&text).body;
        prop_assert_eq!(direct.trim_end(), body.trim_end());
    }

    #[test]
    fn settling_twice_is_settling_once(footer in any_footer()) {
        let once = footer.settled();
        prop_assert_eq!(once.settled(), once);
    }

    #[test]
    fn a_footer_adds_less_than_its_bound(footer in any_footer(), text in hostile()) {
        prop_assert!(compose(&text, &footer).len() <= text.len() + MAX_BYTES);
    }

    #[test]
    fn text_typed_around_a_footer_stays(above in "[a-z]{1,8}( [a-z]{1,8}){0,3}", below in "[a-z]{1,8}(\n[a-z]{1,8}){0,3}", footer in any_footer()) {
        let text = format!("{}\n{below}", compose(&above, &footer));
        prop_assert_eq!(split(&text).body, format!("{above}\n\n{below}"));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let parts = split(&text);
        prop_assert!(parts.body.len() <= text.len() || parts.footer.is_some());
    }

    #[test]
    fn every_line_that_is_not_a_footers_stays(lines in prop::collection::vec("[a-z]{1,5}", 0..8), at in 0..9_usize) {
        let mut all = lines.clone();
        all.insert(at.min(lines.len()), block(4));
        let body = split(&all.join("\n")).body;
        let left: Vec<&str> = body.lines().filter(|line| !line.is_empty()).collect();
        prop_assert_eq!(left, lines);
    }
}
