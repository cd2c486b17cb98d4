//! One Rust file, measured.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};

use super::{Finding, visit, words};
use crate::workspace::Workspace;

/// What is known of one Rust file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Its path, relative to the root.
    pub(super) file: String,
    /// The crate it belongs to; empty where none.
    pub(super) package: String,
    /// Whether all of it is tests.
    pub(super) test: bool,
    /// All its lines.
    pub(super) lines: usize,
    /// Lines of tests that are neither blank nor only a comment.
    pub(super) test_lines: usize,
    /// The other lines that are neither blank nor only a comment.
    pub(super) code_lines: usize,
    /// Its functions, closures not among them.
    pub(super) functions: Vec<Function>,
    /// Its public items outside tests, the file's own page among them.
    pub(super) public: Vec<PublicItem>,
    /// Words that must not stand in it.
    pub(super) banned: Vec<Finding>,
}

/// A function or method with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name, without its type's.
    pub(super) name: String,
    /// Where its signature begins.
    pub(super) line: usize,
    /// From the signature to the closing brace, both counted.
    pub(super) lines: usize,
    /// Whether it is a test or stands among tests.
    pub(super) test: bool,
}

/// Something that a reader of the documentation looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicItem {
    /// Its own name.
    pub(super) name: String,
    /// Where it stands.
    pub(super) line: usize,
    /// Whether any documentation stands at it.
    pub(super) documented: bool,
}

/// Measures every Rust file; those that cannot be read as Rust are findings.
pub(super) fn read_all(
    workspace: &Workspace,
    texts: &BTreeMap<String, String>,
) -> (Vec<Source>, Vec<Finding>) {
    let mut sources = Vec::new();
    let mut findings = Vec::new();
    let mut test_modules = BTreeSet::new();
    for (file, text) in texts.iter().filter(|(file, _)| words::is_rust(file)) {
        let package = workspace.package_of(file);
        let test = package.is_none_or(|package| package.name == "hvs-tests")
            || ["/tests/", "/benches/"]
                .iter()
                .any(|dir| file.contains(dir));
        let library = package.is_some_and(|package| package.library);
        match read(file, text, library, test) {
            Ok(mut source) => {
                source.package = package
                    .map(|package| package.name.clone())
                    .unwrap_or_default();
                if let Ok(parsed) = syn::parse_file(text) {
                    test_modules.extend(visit::test_modules(file, &parsed));
                }
                sources.push(source);
            }
            Err(error) => findings.push(Finding::new(file, 1, format!("is not Rust: {error}"))),
        }
    }
    for source in &mut sources {
        if test_modules
            .iter()
            .any(|module| is_in(&source.file, module))
        {
            source.make_test();
        }
    }
    (sources, findings)
}

/// Whether a file is the module at `module` (a path without `.rs`) or below it.
fn is_in(file: &str, module: &str) -> bool {
    file.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Measures one file.
///
/// # Errors
///
/// Where the text is not Rust.
pub(super) fn read(file: &str, text: &str, library: bool, only_tests: bool) -> Result<Source> {
    let parsed = syn::parse_file(text)?;
    let seen = visit::visit(&parsed, library);
    let mut source = Source {
        file: file.to_owned(),
        lines: text.lines().count(),
        functions: seen.functions,
        public: seen.public,
        banned: banned(file, text.parse().unwrap_or_default()),
        ..Source::default()
    };
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if seen.tests.iter().any(|range| range.contains(&(index + 1))) {
            source.test_lines += 1;
        } else {
            source.code_lines += 1;
        }
    }
    if only_tests {
        source.make_test();
    }
    Ok(source)
}

impl Source {
    fn make_test(&mut self) {
        self.test = true;
        self.test_lines += std::mem::take(&mut self.code_lines);
        self.public.clear();
        for function in &mut self.functions {
            function.test = true;
        }
    }
}

/// Attributes that switch a check off.
const BANNED_ATTRIBUTES: &[&str] = &["ignore", "should_panic", "allow"];
/// Macros that stand for something that is not there.
const BANNED_MACROS: &[&str] = &["todo", "unimplemented"];

fn banned(file: &str, tokens: TokenStream) -> Vec<Finding> {
    let mut findings = Vec::new();
    let trees: Vec<_> = tokens.into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        let next = |ahead: usize| trees.get(index + ahead);
        match tree {
            TokenTree::Group(group) => findings.extend(banned(file, group.stream())),
            TokenTree::Ident(name) if is_punct(next(1), '!') => {
                let name = name.to_string();
                if BANNED_MACROS.contains(&name.as_str())
                    && matches!(next(2), Some(TokenTree::Group(_)))
                {
                    let line = tree.span().start().line;
                    findings.push(Finding::new(
                        file,
                        line,
                        format!("`{name}!`: not yet written"),
                    ));
                }
            }
            TokenTree::Punct(_) if is_punct(Some(tree), '#') => {
                let ahead = if is_punct(next(1), '!') { 2 } else { 1 };
                if let Some(TokenTree::Group(attribute)) = next(ahead) {
                    let line = tree.span().start().line;
                    findings.extend(banned_attribute(attribute.stream()).map(|name| {
                        Finding::new(file, line, format!("`#[{name}]`: switches a check off"))
                    }));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    findings
}

fn is_punct(tree: Option<&TokenTree>, sign: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// The banned word in an attribute, be it by itself or behind `cfg_attr`.
fn banned_attribute(attribute: TokenStream) -> Option<String> {
    let mut trees = attribute.into_iter();
    let TokenTree::Ident(name) = trees.next()? else {
        return None;
    };
    let name = name.to_string();
    if BANNED_ATTRIBUTES.contains(&name.as_str()) {
        return Some(name);
    }
    if name != "cfg_attr" {
        return None;
    }
    let TokenTree::Group(group) = trees.next()? else {
        return None;
    };
    let mut inner = group.stream().into_iter();
    inner.find(|tree| is_punct(Some(tree), ','))?;
    banned_attribute(inner.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banned_in(text: &str) -> Vec<String> {
        read("a.rs", text, true, false)
            .unwrap()
            .banned
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn macros_that_stand_for_nothing_are_found_inside_others_too() {
        assert_eq!(
            banned_in("fn f() {\n  todo!()\n}\nfn g() { assert!(h(unimplemented!(\"x\"))) }"),
            [
                "a.rs:2: `todo!`: not yet written",
                "a.rs:4: `unimplemented!`: not yet written"
            ]
        );
    }

    #[test]
    fn attributes_that_switch_a_check_off_are_found() {
        assert_eq!(
            banned_in(
                "#![allow(dead_code)]\n#[test]\n#[ignore = \"slow\"]\nfn a() {}\n#[should_panic]\nfn b() {}\n#[cfg_attr(test, allow(unused))]\nfn c() {}"
            ),
            [
                "a.rs:1: `#[allow]`: switches a check off",
                "a.rs:3: `#[ignore]`: switches a check off",
                "a.rs:5: `#[should_panic]`: switches a check off",
                "a.rs:7: `#[allow]`: switches a check off"
            ]
        );
    }

    #[test]
    fn the_same_words_in_texts_comments_and_names_are_not_found() {
        let text = "//! todo!() and #[allow]\n#[expect(dead_code, reason = \"allow\")]\n#[cfg(allow)]\nfn todo() { let ignore = \"#[ignore]\"; }";
        assert_eq!(banned_in(text), [""; 0]);
    }

    #[test]
    fn lines_of_tests_and_of_code_are_told_apart() {
        let text = "//! Page.\n\nfn a() {\n    // why\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {}\n}\n";
        let source = read("a.rs", text, true, false).unwrap();
        assert_eq!((source.code_lines, source.test_lines), (3, 5));
        let source = read("a.rs", text, true, true).unwrap();
        assert_eq!((source.code_lines, source.test_lines), (0, 8));
    }

    #[test]
    fn a_file_that_is_not_rust_is_refused() {
        assert!(read("a.rs", "fn {", true, false).is_err());
    }

    #[test]
    fn files_of_a_test_module_are_tests() {
        assert!(is_in("a/src/x/tests.rs", "a/src/x/tests"));
        assert!(is_in("a/src/x/tests/one.rs", "a/src/x/tests"));
        assert!(!is_in("a/src/x/tests_of.rs", "a/src/x/tests"));
    }
}
