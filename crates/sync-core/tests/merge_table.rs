//! The three-way merge, row by row: what both people did, and what comes of it.

use sync_core::{
    Pair, Side,
    merge::{MAX_LINES, Outcome, Texts, merge},
};

/// The normal form of these tests: bullets are `*`, no white space at line ends, one blank line at most, no line end
/// at the end of the text. Like the real one it also changes how many lines there are.
fn normal(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && out.last().is_none_or(String::is_empty) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let bullet = ["- ", "+ "]
            .iter()
            .find_map(|bullet| line.trim_start().strip_prefix(bullet));
        out.push(bullet.map_or(line.to_owned(), |rest| {
            format!("{}* {rest}", &line[..indent])
        }));
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n")
}

fn plain(text: &str) -> String {
    text.to_owned()
}

fn run(base: (&str, &str), now: (&str, &str), form: fn(&str) -> String) -> Outcome {
    let texts = Texts {
        base: Pair {
            huly: base.0,
            vibe: base.1,
        },
        now: Pair {
            huly: now.0,
            vibe: now.1,
        },
    };
    let outcome = merge(&texts, form);
    let swapped = Texts {
        base: Pair {
            huly: base.1,
            vibe: base.0,
        },
        now: Pair {
            huly: now.1,
            vibe: now.0,
        },
    };
    assert!(
        merge(&swapped, form) == mirrored(outcome.clone()),
        "the sides are equal before the merge"
    );
    outcome
}

fn mirrored(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Same | Outcome::Overlap => outcome,
        Outcome::Carried { to, text } => Outcome::Carried {
            to: to.opposite(),
            text,
        },
        Outcome::Merged { text } => Outcome::Merged {
            text: Pair {
                huly: text.vibe,
                vibe: text.huly,
            },
        },
    }
}

fn carried(to: Side, text: &str) -> Outcome {
    Outcome::Carried {
        to,
        text: text.to_owned(),
    }
}

fn merged(huly: Option<&str>, vibe: Option<&str>) -> Outcome {
    Outcome::Merged {
        text: Pair {
            huly: huly.map(str::to_owned),
            vibe: vibe.map(str::to_owned),
        },
    }
}

fn both(text: &str) -> Outcome {
    merged(Some(text), Some(text))
}

/// Lines written as letters: `abc` is three lines.
fn spell(letters: &str) -> String {
    letters
        .chars()
        .map(String::from)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn lines_are_merged_where_nobody_else_touched_them() {
    // base, Huly, Vibe, both afterwards; `None` for an overlap
    let rows: &[(&str, &str, &str, &str, Option<&str>)] = &[
        ("first and last line", "abc", "Xbc", "abY", Some("XbY")),
        ("neighbouring lines", "abcd", "aXcd", "abYd", Some("aXYd")),
        (
            "insert at the top, at the bottom",
            "abc",
            "Xabc",
            "abcY",
            Some("XabcY"),
        ),
        (
            "insert and delete apart",
            "abcd",
            "aXbcd",
            "abc",
            Some("aXbc"),
        ),
        (
            "insert before a line that was replaced",
            "abc",
            "aXbc",
            "aYc",
            Some("aXYc"),
        ),
        (
            "insert after a line that was replaced",
            "abc",
            "abXc",
            "aYc",
            Some("aYXc"),
        ),
        (
            "insert after a line that was deleted",
            "abc",
            "abXc",
            "ac",
            Some("aXc"),
        ),
        (
            "delete on both sides, apart",
            "abcde",
            "bcde",
            "abcd",
            Some("bcd"),
        ),
        (
            "the same line inserted",
            "abc",
            "aXbcZ",
            "aXbc",
            Some("aXbcZ"),
        ),
        (
            "the same line deleted, one more",
            "abcd",
            "acd",
            "ac",
            Some("ac"),
        ),
        (
            "the same replacement, one more change",
            "abcd",
            "aXcd",
            "aXcY",
            Some("aXcY"),
        ),
        (
            "a line moved, another edited",
            "abcd",
            "bcda",
            "abXd",
            Some("bXda"),
        ),
        (
            "several hunks each",
            "abcdefgh",
            "XbcdYfgh",
            "abVdefgW",
            Some("XbVdYfgW"),
        ),
        (
            "one line replaced by many",
            "abc",
            "aXYZc",
            "abcW",
            Some("aXYZcW"),
        ),
        ("doubled lines", "aaaa", "Xaaaa", "aaaaY", Some("XaaaaY")),
        ("the same line, differently", "abc", "aXc", "aYc", None),
        ("edited here, deleted there", "abc", "aXc", "ac", None),
        ("inserted at one place", "abc", "aXbc", "aYbc", None),
        ("both wrote on at the end", "abc", "abcX", "abcY", None),
        ("both wrote the first line", "", "X", "Y", None),
        (
            "insert into lines that were deleted",
            "abcd",
            "abXcd",
            "ad",
            None,
        ),
        ("overlapping deletions", "abcdef", "aef", "abf", None),
        (
            "all rewritten, a line added below",
            "abc",
            "XYZ",
            "abcW",
            Some("XYZW"),
        ),
        ("all rewritten, one line edited", "abc", "XYZ", "abW", None),
        ("cleared, one line edited", "abc", "", "abX", None),
    ];
    for (name, base, huly, vibe, expected) in rows {
        let (base, huly, vibe) = (spell(base), spell(huly), spell(vibe));
        let outcome = run((&base, &base), (&huly, &vibe), plain);
        match expected {
            None => assert_eq!(outcome, Outcome::Overlap, "{name}"),
            Some(text) => {
                let text = spell(text);
                let set = |now: &str| (now != text).then(|| text.clone());
                assert_eq!(
                    outcome,
                    Outcome::Merged {
                        text: Pair {
                            huly: set(&huly),
                            vibe: set(&vibe)
                        }
                    },
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn one_sided_changes_are_taken_whole() {
    let rows = [
        ("edited", "a\nb\nc", "a\nX\nc"),
        ("cleared", "a\nb", ""),
        ("first text", "", "a\nb\n"),
        ("line end added", "a", "a\n"),
        ("all new", "a\nb\nc", "x\ny"),
        ("lines moved", "a\nb\nc", "c\nb\na"),
        ("unicode", "Grüße\n🚀", "Grüße!\n🚀\n\u{202e}"),
    ];
    for (name, base, now) in rows {
        assert_eq!(
            run((base, base), (now, base), plain),
            carried(Side::Vibe, now),
            "{name}"
        );
        assert_eq!(
            run((base, base), (base, now), plain),
            carried(Side::Huly, now),
            "{name}"
        );
    }
}

#[test]
fn equal_sides_need_nothing() {
    let rows = [
        (("a", "a"), ("a", "a")),
        (("a", "a"), ("b", "b")),
        (("", ""), ("x", "x")),
        (("a", "b"), ("c", "c")),
        (("a", "b"), ("a", "b")),
    ];
    for (base, now) in rows {
        assert_eq!(run(base, now, plain), Outcome::Same);
    }
}

#[test]
fn formatting_alone_is_no_change() {
    let rows = [
        (
            "other bullets",
            ("* a\n* b", "- a\n- b"),
            ("* a\n* b", "+ a\n- b"),
        ),
        (
            "white space at line ends",
            ("a\nb", "a\nb"),
            ("a\nb", "a  \nb\t"),
        ),
        (
            "blank lines",
            ("a\n\nb", "a\n\nb"),
            ("a\n\nb", "a\n\n\n\nb\n\n"),
        ),
        ("CRLF", ("a\nb", "a\nb"), ("a\nb", "a\r\nb\r\n")),
        ("on both sides", ("a\nb", "a\nb"), ("a \nb", "a\nb ")),
    ];
    for (name, base, now) in rows {
        assert_eq!(run(base, now, normal), Outcome::Same, "{name}");
    }
}

/// A row: Huly's base and text, Vibe's base and text as its author formats it, and Vibe's text afterwards.
#[test]
fn untouched_lines_keep_their_authors_formatting() {
    let rows = [
        (
            "an edited line among dashes",
            ("* a\n* b\n* c", "* a\n* X\n* c"),
            "- a\n- b\n- c",
            "- a\n* X\n- c",
        ),
        (
            "a line added below",
            ("* a\n\nend", "* a\n\nend\nnew"),
            "- a\n\n\n\nend  ",
            "- a\n\n\n\nend  \nnew",
        ),
        (
            "a line deleted",
            ("* a\n* b\n* c", "* a\n* c"),
            "- a\n- b\n- c\n",
            "- a\n- c\n",
        ),
        (
            "blank lines elsewhere stay",
            ("a\n\nb\n\nc", "a\n\nb\n\nX"),
            "a\n\n\nb\n\n\nc\n\n",
            "a\n\n\nb\n\n\nX\n\n",
        ),
        (
            "white space elsewhere stays",
            ("a\nb\nc", "X\nb\nc"),
            "a  \nb  \nc  ",
            "X\nb  \nc  ",
        ),
        (
            "CRLF stays",
            ("a\nb\nc", "a\nX\nY\nc"),
            "a\r\nb\r\nc\r\n",
            "a\r\nX\r\nY\r\nc\r\n",
        ),
        (
            "nested bullets",
            ("* a\n  * b\n* c", "* a\n  * b\n* Z"),
            "- a\n  + b\n- c",
            "- a\n  + b\n* Z",
        ),
        (
            "a change to nothing",
            ("a\n\nb", "a"),
            "a  \n\n\nb\n",
            "a  \n",
        ),
    ];
    for (name, (huly, changed), vibe, expected) in rows {
        assert_eq!(normal(vibe), huly, "{name}: the row is wrong");
        let outcome = run((huly, vibe), (changed, vibe), normal);
        let Outcome::Carried {
            to: Side::Vibe,
            text,
        } = outcome
        else {
            panic!("{name}: {outcome:?}")
        };
        assert_eq!(normal(&text), normal(changed), "{name}");
        assert_eq!(text, expected, "{name}");
    }
}

#[test]
fn a_merge_writes_each_side_in_its_own_formatting() {
    let outcome = run(
        ("* a\n* b\n* c", "- a\n- b\n- c"),
        ("* X\n* b\n* c", "- a\n- b\n- c\n- d"),
        normal,
    );
    assert_eq!(
        outcome,
        merged(Some("* X\n* b\n* c\n* d"), Some("* X\n- b\n- c\n- d"))
    );
}

#[test]
fn a_side_that_holds_the_result_already_is_not_written() {
    let outcome = run(("a\nb\nc", "a\nb\nc"), ("X\nb\nc", "X\nb\nY"), plain);
    assert_eq!(outcome, merged(Some("X\nb\nY"), None));
    let outcome = run(
        ("* a\n* b", "- a\n- b"),
        ("* X\n* b", "- X\n- b\n- c"),
        normal,
    );
    assert_eq!(outcome, merged(Some("* X\n* b\n* c"), None));
}

#[test]
fn a_target_that_stands_where_the_source_stood_goes_where_it_went() {
    let base = "- a\n- b";
    assert_eq!(
        run((base, base), ("- a\n+ X  \n", base), normal),
        carried(Side::Vibe, "- a\n+ X  \n")
    );
}

#[test]
fn bases_that_never_meant_the_same_exchange_their_changed_lines_only() {
    // Vibe's base had a line that Huly's never had
    let base = ("a\nb\nc", "a\nb\nc\nonly here");
    assert_eq!(
        run(base, ("X\nb\nc", base.1), plain),
        carried(Side::Vibe, "X\nb\nc\nonly here")
    );
    assert_eq!(
        run(base, (base.0, "a\nY\nc\nonly here"), plain),
        carried(Side::Huly, "a\nY\nc")
    );
    let outcome = run(base, ("X\nb\nc", "a\nY\nc\nonly here"), plain);
    assert_eq!(outcome, merged(Some("X\nY\nc"), Some("X\nY\nc\nonly here")));
    // where the change has no place, nothing is guessed
    assert_eq!(
        run(base, (base.0, "a\nb\nc\nonly there"), plain),
        Outcome::Overlap
    );
    assert_eq!(run(base, ("a\nb\nc\nnew", base.1), plain), Outcome::Overlap);
    assert_eq!(run(("a", "b"), ("c", "b"), plain), Outcome::Overlap);
    // inserted between two lines that stand together on both sides
    assert_eq!(
        run(base, ("a\nNEW\nb\nc", base.1), plain),
        carried(Side::Vibe, "a\nNEW\nb\nc\nonly here")
    );
    // both made the same change to different bases
    let outcome = run(base, ("X\nb\nc", "X\nb\nc\nonly here"), plain);
    assert_eq!(outcome, Outcome::Same);
}

#[test]
fn a_form_that_depends_on_context_falls_back_to_the_whole_text() {
    // lines between fences are normal as they are; the words of a line do not say where it stands
    fn fenced(text: &str) -> String {
        let mut open = false;
        let lines = text.lines().map(|line| {
            open ^= line == "```";
            if open {
                line.to_owned()
            } else {
                line.replace('-', "*")
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
    let base = ("* a\n* b", "- a\n- b");
    let outcome = run(base, ("```\n* a\n* b", base.1), fenced);
    let Outcome::Carried {
        to: Side::Vibe,
        text,
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    assert_eq!(fenced(&text), "```\n* a\n* b");
}

#[test]
fn what_the_predecessor_broke_arrives_whole() {
    // 200 KB, `---`, headings, code, emoji, CRLF: one changed line, and the rest to the letter
    let line = |at: usize| match at % 5 {
        0 => format!("# Heading {at}"),
        1 => "---".to_owned(),
        2 => format!("    let x = {at}; // 🚀"),
        3 => String::new(),
        _ => format!("- Übung {at}, {}", "lang ".repeat(20)),
    };
    let lines: Vec<String> = (0..9_000).map(line).collect();
    let base = lines.join("\r\n");
    assert!(base.len() > 200_000);
    let mut changed = lines.clone();
    changed[4_002] = "changed".into();
    let mut added = lines;
    added.push("added".into());
    let (changed, added) = (changed.join("\r\n"), added.join("\r\n"));
    assert!(run((&base, &base), (&changed, &base), plain) == carried(Side::Vibe, &changed));
    let Outcome::Merged { text } = run((&base, &base), (&changed, &added), plain) else {
        panic!("no merge")
    };
    let text = text.vibe.unwrap();
    assert!(text.ends_with("added") && text.contains("\r\nchanged\r\n"));
    assert_eq!(text.len(), changed.len() + "\r\nadded".len());
}

#[test]
fn texts_that_share_nothing_take_no_quadratic_time() {
    let numbered = |from: usize, count: usize| {
        (from..from + count)
            .map(|at| at.to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (a, b) = (numbered(0, 30_000), numbered(1_000_000, 30_000));
    assert!(run((&a, &a), (&b, &a), plain) == carried(Side::Vibe, &b));
    assert!(run((&a, &a), (&b, &a.replace("\n15000\n", "\nx\n")), plain) == Outcome::Overlap);
    // two letters, shuffled: no line is unique
    let noise = |seed: usize| {
        (0..50_000)
            .map(|at| if (at * at + seed) % 7 < 3 { "a" } else { "b" })
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (a, b) = (noise(1), noise(4));
    let outcome = run((&a, &a), (&b, &format!("new\n{a}")), plain);
    assert!(matches!(outcome, Outcome::Overlap | Outcome::Merged { .. }));
}

#[test]
fn too_many_lines_are_carried_whole_or_left_to_the_policy() {
    let base = "\n".repeat(MAX_LINES + 1);
    let (huly, vibe) = (format!("X{base}"), format!("{base}Y"));
    assert!(run((&base, &base), (&huly, &base), plain) == carried(Side::Vibe, &huly));
    assert!(run((&base, &base), (&huly, &vibe), plain) == Outcome::Overlap);
}

#[test]
fn line_ends_at_the_end_are_text_like_any_other() {
    assert_eq!(run(("a\n", "a\n"), ("X\n", "a\n\n"), plain), both("X\n\n"));
    assert_eq!(
        run(("a\nb", "a\nb"), ("X\nb", "a\nb\n"), plain),
        both("X\nb\n")
    );
    assert_eq!(run(("a", "a"), ("a\n", "a\nb"), plain), Outcome::Overlap);
}
