//! Texts of people: footers, markdown, markup, merges.

use huly_client::markup::{from_markdown, normal_form, parse, to_markdown, wire};
use sync_core::{
    Pair,
    footer::{compose, split, without_ours},
    merge::{Outcome, Texts, merge},
};

use crate::Target;

pub(crate) const FOOTER: Target = Target {
    name: "footer",
    seeds: &[
        b"Do it.\n\n<!-- hvs:begin v1 store=00000000-0000-0000-0000-000000000007 link=00000000-0000-0000-0000-000000000001 generation=1 attempt=2 -->\nKept the same as Huly [PROJ-12](https://huly.example/a) by hvs.\nNote by hvs: its issue was deleted in Huly\n<!-- hvs:end -->\nmore",
        b"Do it.\n\n---\nHuly Issue: PROJ-12\nadded by somebody",
        b"Do it.\n\n---\nSynced from Huly: PROJ-12\n<!-- hvs:begin v1 -->\n<!-- hvs:end -->",
    ],
    run: footer,
    is_slow: false,
};

/// What was split once has no footer left, and comes back from under any footer that was found.
fn footer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let once = split(&text);
    let twice = split(&once.body);
    assert_eq!(twice.body, once.body, "splitting twice is splitting once");
    assert!(
        once.body.len() <= text.len() + 2,
        "cutting adds a blank line at most"
    );
    if let Some(found) = once.footer {
        let again = split(&compose(&once.body, &found));
        assert_eq!(
            again.body, once.body,
            "a body comes back from under its footer"
        );
        // the predecessor's footer is written in our form
        assert_eq!(
            again.footer.map(|footer| footer.marker),
            Some(found.settled().marker)
        );
    }
    if let Some(rest) = without_ours(&text) {
        assert_ne!(rest, text, "where nothing of ours was, nothing is told");
    }
}

pub(crate) const MARKUP: Target = Target {
    name: "markup",
    seeds: &[
        b"# Head\n\n- [ ] a\n- [x] b\n\n1. one\n   - two\n\n> quote\n\n```rust\nfn main() {}\n```\n\n| a | b |\n| --- | --- |\n| c | d |\n",
        b"**bold** _it_ ~~gone~~ `code` [a](https://a.example \"t\") ![i](i.png) <sub>x</sub> <mark>y</mark>\\\nend",
        b"<div data-node=\"n\">x</div>\n\n<table><tr><td>a</td></tr></table>\n\n---\n",
    ],
    run: markup,
    is_slow: false,
};

/// A tree made of any text survives the wire, and the normal form is its own normal form.
fn markup(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let tree = from_markdown(&text);
    let read = parse(&wire(&tree));
    assert_eq!(
        read.as_ref().ok(),
        Some(&tree),
        "a tree survives the wire: {read:?}"
    );
    let normal = normal_form(&text);
    assert_eq!(normal_form(&normal), normal, "the normal form is its own");
}

pub(crate) const TREE: Target = Target {
    name: "tree",
    seeds: &[
        br#"{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"bold","attrs":{}}]}]}]}"#,
        br#"{"type":"doc","content":[{"type":"taskList","content":[{"type":"taskItem","attrs":{"checked":true},"content":[{"type":"paragraph"}]}]},{"type":"table","content":[]}]}"#,
        br#"{"type":"doc","content":[{"type":"unknown","attrs":{"x":[1,null]}}]}"#,
    ],
    run: tree,
    is_slow: false,
};

/// Whatever a server calls a description is refused or written as markdown that reads back.
fn tree(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(node) = parse(&text) else { return };
    let written = to_markdown(&node);
    let again = parse(&wire(&from_markdown(&written)));
    assert!(again.is_ok(), "what was written is read: {again:?}");
}

pub(crate) const MERGE: Target = Target {
    name: "merge",
    seeds: &[
        b"one\ntwo\nthree\xffone\ntwo\nthree\xffONE\ntwo\nthree\xffone\ntwo\nthree\nfour",
        b"a\n\nb\xffa\n\nb\xff\xffa\n\nc",
        b"- a\n- b\xff* a\n* b\xff- a\n- b\n- c\xff* a",
    ],
    run: merging,
    is_slow: false,
};

/// Two texts merge the same from either side, what one side alone changed is no overlap, and a merge ends in agreement.
fn merging(data: &[u8]) {
    let mut parts = data
        .split(|byte| *byte == 0xff)
        .map(String::from_utf8_lossy);
    let mut next = || parts.next().unwrap_or_default().into_owned();
    let (base, now) = ([next(), next()], [next(), next()]);
    let pair = |[huly, vibe]: &[String; 2]| -> Pair<String> {
        Pair {
            huly: huly.clone(),
            vibe: vibe.clone(),
        }
    };
    let (base, now) = (pair(&base), pair(&now));
    let texts = |base: &Pair<String>, now: &Pair<String>| {
        let base = Pair {
            huly: base.huly.as_str(),
            vibe: base.vibe.as_str(),
        };
        let now = Pair {
            huly: now.huly.as_str(),
            vibe: now.vibe.as_str(),
        };
        merge(&Texts { base, now }, normal_form)
    };
    let outcome = texts(&base, &now);
    if normal_form(&base.huly) == normal_form(&now.huly)
        && normal_form(&base.vibe) == normal_form(&now.vibe)
    {
        assert_eq!(outcome, Outcome::Same, "nothing changed, nothing is sent");
    }
    if let Outcome::Merged { text } = outcome {
        let after = Pair {
            huly: text.huly.unwrap_or(now.huly),
            vibe: text.vibe.unwrap_or(now.vibe),
        };
        assert_eq!(texts(&after, &after), Outcome::Same, "a merge is final");
    }
}
