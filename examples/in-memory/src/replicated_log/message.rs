//! The messages between nodes: lines of words.

use std::fmt;
use std::str::{FromStr, SplitWhitespace};

/// An entry of the log: a word, and the term of the leader that accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) term: u64,
    pub(super) word: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// Sent by a client.
    Propose(String),
    Vote(Vote),
    Append(Append),
}

/// A candidate's request for a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vote {
    pub(super) term: u64,
    pub(super) candidate: usize,
    pub(super) log_length: usize,
    pub(super) last_term: u64,
}

/// A leader's entries, which follow an entry that both nodes have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Append {
    pub(super) term: u64,
    pub(super) after: usize,
    pub(super) after_term: u64,
    pub(super) committed: usize,
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) term: u64,
    pub(super) is_yes: bool,
}

/// A line that is not a message.
#[derive(Debug)]
pub(super) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid message: {:?}", self.0)
    }
}

impl std::error::Error for Malformed {}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Propose(word) => writeln!(f, "propose {word}"),
            Question::Vote(vote) => {
                let Vote {
                    term,
                    candidate,
                    log_length,
                    last_term,
                } = vote;
                writeln!(f, "vote {term} {candidate} {log_length} {last_term}")
            }
            Question::Append(append) => {
                let Append {
                    term,
                    after,
                    after_term,
                    committed,
                    entries,
                } = append;
                write!(f, "append {term} {after} {after_term} {committed}")?;
                for Entry { term, word } in entries {
                    write!(f, " {term} {word}")?;
                }
                writeln!(f)
            }
        }
    }
}

impl FromStr for Question {
    type Err = Malformed;

    fn from_str(line: &str) -> Result<Self, Malformed> {
        let mut words = Words::of(line);
        let question = match words.next()? {
            "propose" => Question::Propose(words.next()?.to_owned()),
            "vote" => Question::Vote(Vote {
                term: words.number()?,
                candidate: words.number()?,
                log_length: words.number()?,
                last_term: words.number()?,
            }),
            "append" => Question::Append(Append {
                term: words.number()?,
                after: words.number()?,
                after_term: words.number()?,
                committed: words.number()?,
                entries: words.entries()?,
            }),
            _ => return Err(words.malformed()),
        };
        words.end()?;
        Ok(question)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_yes { "yes" } else { "no" };
        writeln!(f, "{word} {}", self.term)
    }
}

impl FromStr for Answer {
    type Err = Malformed;

    fn from_str(line: &str) -> Result<Self, Malformed> {
        let mut words = Words::of(line);
        let is_yes = match words.next()? {
            "yes" => true,
            "no" => false,
            _ => return Err(words.malformed()),
        };
        let term = words.number()?;
        words.end()?;
        Ok(Answer { term, is_yes })
    }
}

struct Words<'a> {
    line: &'a str,
    rest: SplitWhitespace<'a>,
}

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Self {
        let rest = line.split_whitespace();
        Words { line, rest }
    }

    fn malformed(&self) -> Malformed {
        Malformed(self.line.chars().take(80).collect())
    }

    fn next(&mut self) -> Result<&'a str, Malformed> {
        self.rest.next().ok_or_else(|| self.malformed())
    }

    fn number<T: FromStr>(&mut self) -> Result<T, Malformed> {
        self.next()?.parse().map_err(|_| self.malformed())
    }

    fn entries(&mut self) -> Result<Vec<Entry>, Malformed> {
        let mut entries = Vec::new();
        while let Some(term) = self.rest.next() {
            entries.push(Entry {
                term: term.parse().map_err(|_| self.malformed())?,
                word: self.next()?.to_owned(),
            });
        }
        Ok(entries)
    }

    fn end(&mut self) -> Result<(), Malformed> {
        match self.rest.next() {
            None => Ok(()),
            Some(_) => Err(self.malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_they_were_written() {
        let entry = |term, word: &str| Entry {
            term,
            word: word.to_owned(),
        };
        for question in [
            Question::Propose("x".to_owned()),
            Question::Vote(Vote {
                term: 1,
                candidate: 2,
                log_length: 3,
                last_term: 4,
            }),
            Question::Append(Append {
                term: 1,
                after: 2,
                after_term: 3,
                committed: 4,
                entries: vec![entry(5, "a"), entry(6, "b")],
            }),
        ] {
            assert_eq!(question.to_string().parse::<Question>().unwrap(), question);
        }
        for line in [
            "",
            "vote 1 2 3",
            "vote 1 2 3 4 5",
            "append 1 2 3 4 5",
            "yes",
        ] {
            assert!(line.parse::<Question>().is_err(), "{line}");
            assert!(line.parse::<Answer>().is_err(), "{line}");
        }
    }
}
