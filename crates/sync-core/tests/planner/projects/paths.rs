//! The repository path: grammar and roots.

use std::sync::Arc;
use sync_core::project::{PathProblem, check_path, path_of};

#[test]
fn row_34_the_grammar_of_the_path_line() {
    let table: &[(&str, Option<&str>)] = &[
        ("Path: /srv/a", Some("/srv/a")),
        ("path:/srv/a", Some("/srv/a")),
        ("FILESYSTEM: /srv/a", Some("/srv/a")),
        ("Directory:\t/srv/a ", Some("/srv/a")),
        ("Location: /srv/a,", Some("/srv/a")),
        ("Path: /srv/a;", Some("/srv/a")),
        ("Path: /srv/a..", Some("/srv/a.")),
        ("Path: `/srv/a`", Some("/srv/a")),
        ("**Path:** /srv/a", Some("/srv/a")),
        ("Path: \"/srv/a b\"", Some("/srv/a b")),
        ("See Path: /srv/a", Some("/srv/a")),
        ("ClassPath: /srv/a", None),
        ("my-path: /srv/a", None),
        ("sub_path: /srv/a", None),
        ("Ölpath: /srv/a", None),
        ("Path: \n/srv/a", None),
        ("Path:\r\nnext line", None),
        ("Path", None),
        ("", None),
        ("Path : /srv/a", None),
        ("Location: Hamburg\nPath: /srv/a", Some("/srv/a")),
        ("Location: Hamburg", Some("Hamburg")),
        ("Path:\nDirectory: /srv/a", Some("/srv/a")),
        ("Path: /srv/a\nPath: /srv/b", Some("/srv/a")),
        ("Path: /srv/c:d", Some("/srv/c:d")),
    ];
    for (description, expected) in table {
        assert_eq!(path_of(description), *expected, "{description:?}");
    }
}

#[test]
fn a_path_must_lie_below_a_root() {
    let roots: [Arc<str>; 2] = ["/srv/repos".into(), "/data/u/".into()];
    let table: &[(&str, Result<&str, PathProblem>)] = &[
        ("/srv/repos/a", Ok("/srv/repos/a")),
        ("/data/u/x/y/", Ok("/data/u/x/y")),
        ("/srv//repos/./a", Ok("/srv/repos/a")),
        ("/srv/repos", Err(PathProblem::OutsideRoots)),
        ("/srv/repos2/a", Err(PathProblem::OutsideRoots)),
        ("/srv/repos/../x", Err(PathProblem::Parent)),
        ("/srv/repos/a/..", Err(PathProblem::Parent)),
        ("srv/repos/a", Err(PathProblem::NotAbsolute)),
        ("~/repos/a", Err(PathProblem::NotAbsolute)),
        ("", Err(PathProblem::NotAbsolute)),
        ("/srv/repos/a\0b", Err(PathProblem::Control)),
        ("/srv/repos/..a", Ok("/srv/repos/..a")),
    ];
    for (path, expected) in table {
        assert_eq!(
            check_path(path, &roots).as_deref(),
            expected.as_ref().copied(),
            "{path:?}"
        );
    }
    assert_eq!(check_path("/srv/a", &[]), Err(PathProblem::OutsideRoots));
    assert_eq!(
        check_path("/srv/a", &["srv".into()]),
        Err(PathProblem::OutsideRoots),
        "a root is absolute"
    );
    assert_eq!(check_path("/a", &["/".into()]).as_deref(), Ok("/a"));
}
