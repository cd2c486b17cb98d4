//! Questions at a terminal. Secrets are never asked for: a file that holds one is.

use std::io::{self, BufRead, Write};

use crate::failure::Failure;

/// Somebody who answers.
pub(crate) struct Person<R, W> {
    pub from: R,
    pub to: W,
}

/// Where answers come from.
pub(crate) trait Answers {
    /// The answer to a question; an empty one takes the default, where there is one.
    fn ask(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure>;
}

impl<R: BufRead, W: Write> Answers for Person<R, W> {
    fn ask(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        let failed = |error: io::Error| Failure::usage(format!("no answer can be read: {error}"));
        let shown = default.map_or_else(String::new, |default| format!(" [{default}]"));
        loop {
            write!(self.to, "{question}{shown}: ").map_err(failed)?;
            self.to.flush().map_err(failed)?;
            let mut line = String::new();
            if self.from.read_line(&mut line).map_err(failed)? == 0 {
                let what = "the answers ended before the last question";
                return Err(Failure::usage(what).hint("give the flags instead: `hvs init --help`"));
            }
            match (line.trim(), default) {
                ("", Some(default)) => return Ok(default.to_owned()),
                ("", None) => {}
                (answer, _) => return Ok(answer.to_owned()),
            }
        }
    }
}

/// Nobody is there: what is missing is told with the flag that says it.
pub(crate) struct Nobody;

impl Answers for Nobody {
    fn ask(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        default
            .map(str::to_owned)
            .ok_or_else(|| Failure::usage(format!("{question}: nobody is there to be asked")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_until_it_is_answered_and_an_empty_answer_takes_the_default() {
        let mut person = Person {
            from: "\n\n harbour \n\n".as_bytes(),
            to: Vec::new(),
        };
        assert_eq!(person.ask("Workspace", None).unwrap(), "harbour");
        assert_eq!(person.ask("Store", Some("a.db")).unwrap(), "a.db");
        let asked = String::from_utf8(person.to.clone()).unwrap();
        assert_eq!(asked, "Workspace: Workspace: Workspace: Store [a.db]: ");
        let end = person.ask("More", None).unwrap_err();
        assert!(end.what.contains("ended"), "{}", end.what);
    }
}
