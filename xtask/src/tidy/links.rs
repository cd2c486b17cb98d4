//! Links between pages: each leads somewhere, and the index of `docs/` names every page with a sentence.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;

/// The index of all pages.
const INDEX: &str = "docs/README.md";
/// Where the pages are.
const PAGES: &str = "docs/";

/// Checks the links of every page of the repository, and the index. `files` are all files, by their paths from the root.
pub(super) fn check(files: &[String], texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let there = places(files);
    let mut findings = Vec::new();
    for (file, text) in texts.iter().filter(|(file, _)| is_page(file)) {
        for (line, target) in links(text) {
            if let Some(what) = dead(file, &target, &there, texts) {
                findings.push(Finding::new(file, line, what));
            }
        }
    }
    findings.extend(index(texts));
    findings
}

/// Whether a file is a page.
pub(crate) fn is_page(file: &str) -> bool {
    std::path::Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "md")
}

/// Files, and the directories that they are in.
fn places(files: &[String]) -> BTreeSet<&str> {
    let mut places = BTreeSet::new();
    for file in files {
        let mut place = file.as_str();
        places.insert(place);
        while let Some((directory, _)) = place.rsplit_once('/') {
            places.insert(directory);
            place = directory;
        }
    }
    places
}

/// Pages that the index does not name, or names without a word about them.
fn index(texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let Some(text) = texts.get(INDEX) else {
        return vec![Finding::new(INDEX, 1, "is not there")];
    };
    let pages = texts.keys().filter(|file| is_page(file));
    let pages = pages.filter_map(|file| file.strip_prefix(PAGES));
    let mut findings = Vec::new();
    for page in pages.filter(|page| *page != "README.md") {
        let link = format!("]({page})");
        let named = text
            .lines()
            .find_map(|line| Some(line.split_once(&link)?.1));
        match named {
            None => findings.push(Finding::new(INDEX, 1, format!("does not name `{page}`"))),
            Some(rest) if rest.split_whitespace().count() < 4 => {
                let what = format!("says nothing about `{page}`");
                findings.push(Finding::new(INDEX, 1, what));
            }
            Some(_) => {}
        }
    }
    findings
}

/// The targets of `[text](target)` outside of code, each with its line.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // every second part stands between backticks
        for part in line.split('`').step_by(2) {
            let targets = part.split("](").skip(1);
            let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
            found.extend(targets.map(|target| (index + 1, target.to_owned())));
        }
    }
    found
}

/// What is wrong with a link; `None` where it leads somewhere, or out of the repository.
fn dead(
    file: &str,
    target: &str,
    there: &BTreeSet<&str>,
    texts: &BTreeMap<String, String>,
) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let place = if path.is_empty() {
        file.to_owned()
    } else {
        beside(file, path)
    };
    if !there.contains(place.as_str()) {
        return Some(format!("a dead link: there is no `{place}`"));
    }
    let anchor = anchor?;
    let headings = texts.get(&place).map(|text| headings(text));
    let known = headings.is_none_or(|known| known.iter().any(|known| known == anchor));
    (!known).then(|| format!("a dead link: `{place}` has no heading `#{anchor}`"))
}

/// A relative path as seen from a file.
fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors of a page's headings, as the forges make them.
fn headings(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if !fenced && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
            found.push(kept.collect::<String>().replace(' ', "-"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pages: &[(&str, &str)]) -> Vec<String> {
        let texts: BTreeMap<String, String> = pages
            .iter()
            .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))
            .collect();
        let files: Vec<String> = texts
            .keys()
            .cloned()
            .chain(["src/a.rs".to_owned()])
            .collect();
        let findings = check(&files, &texts).into_iter();
        findings.map(|finding| finding.to_string()).collect()
    }

    const GOOD: (&str, &str) = (INDEX, "- [A](a.md): what page a says\n");

    #[test]
    fn links_to_files_directories_headings_and_other_sites_are_fine() {
        let page = "# A page, with `code`\n[x](../src/a.rs) and [y](../src/) [z](#a-page-with-code)\n\
                    [w](https://example.org/a.md) `[v](no.md)`\n```\n[u](no.md)\n```\n";
        assert_eq!(found(&[GOOD, ("docs/a.md", page)]), [""; 0]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found_with_its_line() {
        assert_eq!(
            found(&[
                GOOD,
                ("docs/a.md", "# A\n\n[x](b.md) [y](README.md#none)\n")
            ]),
            [
                "docs/a.md:3: a dead link: there is no `docs/b.md`",
                "docs/a.md:3: a dead link: `docs/README.md` has no heading `#none`",
            ]
        );
        assert_eq!(
            found(&[GOOD, ("docs/a.md", ""), ("README.md", "[x](a.md)")]),
            ["README.md:1: a dead link: there is no `a.md`"]
        );
    }

    #[test]
    fn every_page_is_in_the_index_with_a_sentence() {
        assert_eq!(
            found(&[GOOD, ("docs/a.md", ""), ("docs/b.md", "")]),
            [format!("{INDEX}:1: does not name `b.md`")]
        );
        assert_eq!(
            found(&[(INDEX, "- [A](a.md)\n"), ("docs/a.md", "")]),
            [format!("{INDEX}:1: says nothing about `a.md`")]
        );
        assert_eq!(
            found(&[("docs/a.md", "")]),
            [format!("{INDEX}:1: is not there")]
        );
    }
}
