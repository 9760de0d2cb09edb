//! The state of one node and its transitions: the whole algorithm, without network and
//! clock.

use super::message::{Answer, Append, Entry, Vote};

/// A deliberate mistake, which a test must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mistake {
    /// None.
    #[default]
    None,
    /// Vote for candidates whose log is incomplete (against §5.4.1 of the paper). Such
    /// a candidate, once it leads, overwrites acknowledged entries.
    VoteForAnyone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Follower,
    Candidate { votes: usize },
    Leader,
}

#[derive(Debug)]
pub(super) struct State {
    own: usize,
    nodes: usize,
    mistake: Mistake,
    role: Role,
    term: u64,
    voted_for: Option<usize>,
    log: Vec<Entry>,
    committed: usize,
    /// Whether a leader was heard, or a vote given, since the last call of
    /// `take_heard`.
    has_heard: bool,
    /// The length of the log that each node is known to have; for a leader.
    matched: Vec<usize>,
    /// The length that each node is assumed to have.
    next: Vec<usize>,
}

impl State {
    pub(super) fn new(own: usize, nodes: usize, mistake: Mistake) -> Self {
        State {
            own,
            nodes,
            mistake,
            role: Role::Follower,
            term: 0,
            voted_for: None,
            log: Vec::new(),
            committed: 0,
            has_heard: false,
            matched: vec![0; nodes],
            next: vec![0; nodes],
        }
    }

    pub(super) fn is_leader(&self) -> bool {
        self.role == Role::Leader
    }

    pub(super) fn committed(&self) -> Vec<String> {
        let committed = self.log[..self.committed].iter();
        committed.map(|entry| entry.word.clone()).collect()
    }

    /// Returns whether a leader was heard since the last call.
    pub(super) fn take_heard(&mut self) -> bool {
        std::mem::take(&mut self.has_heard)
    }

    fn answer(&self, is_yes: bool) -> Answer {
        let term = self.term;
        Answer { term, is_yes }
    }

    fn last_term(&self) -> u64 {
        self.log.last().map_or(0, |entry| entry.term)
    }

    fn is_majority(&self, count: usize) -> bool {
        count > self.nodes / 2
    }

    /// A node that sees a later term becomes a follower.
    fn see_term(&mut self, term: u64) {
        if term > self.term {
            self.term = term;
            self.voted_for = None;
            self.role = Role::Follower;
        }
    }

    /// Asks to be the leader of a new term.
    pub(super) fn stand(&mut self) -> Vote {
        self.term += 1;
        self.voted_for = Some(self.own);
        self.role = Role::Candidate { votes: 1 };
        Vote {
            term: self.term,
            candidate: self.own,
            log_length: self.log.len(),
            last_term: self.last_term(),
        }
    }

    pub(super) fn take_vote(&mut self, vote: &Vote) -> Answer {
        self.see_term(vote.term);
        let is_free = self.voted_for.is_none_or(|node| node == vote.candidate);
        let is_complete = (vote.last_term, vote.log_length) >= (self.last_term(), self.log.len());
        let is_yes = vote.term == self.term
            && is_free
            && (is_complete || self.mistake == Mistake::VoteForAnyone);
        if is_yes {
            self.voted_for = Some(vote.candidate);
            self.has_heard = true;
        }
        self.answer(is_yes)
    }

    /// Counts a vote. Returns `true` if this node has become the leader.
    pub(super) fn take_ballot(&mut self, asked_in: u64, answer: Answer) -> bool {
        self.see_term(answer.term);
        if !answer.is_yes || asked_in != self.term {
            return false;
        }
        let Role::Candidate { votes } = &mut self.role else {
            return false;
        };
        *votes += 1;
        let votes = *votes;
        if !self.is_majority(votes) {
            return false;
        }
        self.role = Role::Leader;
        self.matched = vec![0; self.nodes];
        self.next = vec![self.log.len(); self.nodes];
        true
    }

    /// Appends a client's entry, if this is the leader. Returns its term, and the length
    /// of the log with it.
    pub(super) fn propose(&mut self, word: String) -> Option<(u64, usize)> {
        if !self.is_leader() {
            return None;
        }
        let term = self.term;
        self.log.push(Entry { term, word });
        Some((term, self.log.len()))
    }

    /// Returns whether a proposed entry is committed, or `None` if that is undecided.
    pub(super) fn outcome(&self, term: u64, length: usize) -> Option<bool> {
        match self.term == term {
            true if self.committed < length => None,
            is_same => Some(is_same),
        }
    }

    /// Returns the entries that a leader sends to a follower.
    pub(super) fn append_for(&self, node: usize) -> Append {
        let after = self.next[node];
        Append {
            term: self.term,
            after,
            after_term: after.checked_sub(1).map_or(0, |last| self.log[last].term),
            committed: self.committed,
            entries: self.log[after..].to_vec(),
        }
    }

    pub(super) fn take_append(&mut self, append: Append) -> Answer {
        self.see_term(append.term);
        if append.term < self.term {
            return self.answer(false);
        }
        self.role = Role::Follower;
        self.has_heard = true;
        let last = append.after.checked_sub(1);
        let fits = last.is_none_or(|last| {
            let entry = self.log.get(last);
            entry.is_some_and(|entry| entry.term == append.after_term)
        });
        if !fits {
            return self.answer(false);
        }
        let end = append.after + append.entries.len();
        for (index, entry) in (append.after..).zip(append.entries) {
            if self
                .log
                .get(index)
                .is_some_and(|own| own.term == entry.term)
            {
                continue;
            }
            self.log.truncate(index);
            self.log.push(entry);
        }
        self.committed = self.committed.max(append.committed.min(end));
        self.answer(true)
    }

    /// Handles a follower's response.
    pub(super) fn take_appended(&mut self, node: usize, append: &Append, answer: Answer) {
        self.see_term(answer.term);
        if !self.is_leader() || append.term != self.term {
            return;
        }
        if answer.is_yes {
            let has = append.after + append.entries.len();
            self.matched[node] = self.matched[node].max(has);
            self.next[node] = self.next[node].max(has);
            self.commit();
        } else {
            self.next[node] = append.after.saturating_sub(1).min(self.next[node]);
        }
    }

    /// Commits what a majority has, once an entry of this term is among it (§5.4.2 of
    /// the paper).
    fn commit(&mut self) {
        for length in (self.committed + 1..=self.log.len()).rev() {
            let others = (0..self.nodes).filter(|node| *node != self.own);
            let count = 1 + others.filter(|node| self.matched[*node] >= length).count();
            if self.is_majority(count) && self.log[length - 1].term == self.term {
                self.committed = length;
                return;
            }
        }
    }
}
