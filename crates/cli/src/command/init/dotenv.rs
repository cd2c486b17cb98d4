//! The grammar of a `.env` file: `NAME=value` lines, `export`, comments, quotes. A line that is none of these is told with
//! its number; the others are taken.

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: String,
    pub value: String,
    /// From 1.
    pub line: usize,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// From 1.
    pub line: usize,
    /// Why, without its text: it may be a secret.
    pub why: &'static str,
}

/// Reads a file's text. A variable that stands twice has its last value, at its last line.
pub(crate) fn read(text: &str) -> (Vec<Variable>, Vec<BadLine>) {
    let mut variables: Vec<Variable> = Vec::new();
    let mut bad = Vec::new();
    let mut rest = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut number = 1;
    while !rest.is_empty() {
        let line = rest.split('\n').next().unwrap_or_default();
        let (taken, read) = statement(line, rest);
        match read {
            Ok(None) => {}
            Ok(Some((name, value))) => {
                variables.retain(|known| known.name != name);
                variables.push(Variable {
                    name,
                    value,
                    line: number,
                });
            }
            Err(why) => bad.push(BadLine { line: number, why }),
        }
        let eaten = rest.get(..taken).unwrap_or(rest);
        number += eaten.matches('\n').count();
        rest = rest.get(taken..).unwrap_or_default();
    }
    (variables, bad)
}

type Statement = Result<Option<(String, String)>, &'static str>;

/// The statement that begins `rest`, whose first line is `line`, and how many bytes it takes.
fn statement(line: &str, rest: &str) -> (usize, Statement) {
    let whole = (line.len() + 1).min(rest.len());
    let text = line.trim();
    if text.is_empty() || text.starts_with('#') {
        return (whole, Ok(None));
    }
    let Some((name, _)) = line.split_once('=') else {
        return (whole, Err("there is no `=`"));
    };
    let value_at = name.len() + 1;
    let name = name.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim);
    let is_name = !name.is_empty()
        && !name.starts_with(|sign: char| sign.is_ascii_digit())
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || "_.-".contains(sign));
    if !is_name {
        return (whole, Err("what stands before the `=` is no name"));
    }
    let after = line.get(value_at..).unwrap_or_default();
    let indent = after.len() - after.trim_start().len();
    let quote = after
        .trim_start()
        .chars()
        .next()
        .filter(|sign| "\"'`".contains(*sign));
    let Some(quote) = quote else {
        let plain = after.split(" #").next().unwrap_or_default().trim();
        let plain = if after.trim_start().starts_with('#') {
            ""
        } else {
            plain
        };
        return (whole, Ok(Some((name.to_owned(), plain.to_owned()))));
    };
    let begin = value_at + indent + 1;
    let quoted = rest.get(begin..).unwrap_or_default();
    let Some(end) = closing(quoted, quote) else {
        return (whole, Err("a quote is not closed"));
    };
    let value = quoted.get(..end).unwrap_or_default();
    let tail = quoted.get(end + 1..).unwrap_or_default();
    let tail = tail.split('\n').next().unwrap_or_default();
    let taken = (begin + end + 1 + tail.len() + 1).min(rest.len());
    let tail = tail.trim();
    if !tail.is_empty() && !tail.starts_with('#') {
        return (taken, Err("something follows the closing quote"));
    }
    let value = if quote == '"' {
        unescaped(value)
    } else {
        value.to_owned()
    };
    (taken, Ok(Some((name.to_owned(), value))))
}

/// Where the quote is closed; in double quotes a backslash hides one.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut hidden = false;
    for (at, sign) in text.char_indices() {
        match sign {
            _ if hidden => hidden = false,
            '\\' if quote == '"' => hidden = true,
            sign if sign == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Double quotes know `\n`, `\r`, `\t`, `\"` and `\\`; another backslash stays.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            plain.push(sign);
            continue;
        }
        match signs.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some(sign @ ('"' | '\\')) => plain.push(sign),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_grammar_is_read() {
        let table = [
            ("A=b", "b"),
            ("A = b ", "b"),
            ("export A=b", "b"),
            ("A=", ""),
            ("A=b # note", "b"),
            ("A=b#c", "b#c"),
            ("A= # note", ""),
            ("A=\"b # c\" # note", "b # c"),
            ("A='b\\n\"c\"'", "b\\n\"c\""),
            ("A=\"b\\n\\\"c\\\" \\x\"", "b\n\"c\" \\x"),
            ("A=`it's`", "it's"),
            ("A=\"one\ntwo\"", "one\ntwo"),
            ("A=http://h:1/api?x=y", "http://h:1/api?x=y"),
            ("\u{FEFF}A=b\r\n", "b"),
            ("A=first\nA=last", "last"),
        ];
        for (text, value) in table {
            let (variables, bad) = read(text);
            assert_eq!(bad, [], "{text}");
            assert_eq!(variables.len(), 1, "{text}");
            assert_eq!(
                (variables[0].name.as_str(), variables[0].value.as_str()),
                ("A", value),
                "{text}"
            );
        }
    }

    #[test]
    fn bad_lines_are_told_by_their_number_and_stop_nothing() {
        let text = "# head\nA=1\nnonsense\n\n1X=2\nB=\"open\nC='x' y\nD=4\nE=\"one\ntwo\"\n=5\nF=6";
        let (variables, bad) = read(text);
        let names: Vec<_> = variables
            .iter()
            .map(|variable| (variable.name.as_str(), variable.line))
            .collect();
        assert_eq!(names.first(), Some(&("A", 2)), "{names:?}");
        assert!(names.contains(&("F", 12)), "{names:?}");
        let lines: Vec<_> = bad.iter().map(|bad| bad.line).collect();
        assert!(lines.starts_with(&[3, 5]) && lines.contains(&11), "{bad:?}");
        assert_eq!(read(""), (Vec::new(), Vec::new()));
    }
}
