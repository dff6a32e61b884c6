//! Patterns over text as bytes: many at once over the game's lines, one at a time over a player's.
//!
//! The game's lines are read by one dense DFA, a state of four bytes per connection, asked after
//! every byte which patterns match there. What matches can therefore not depend on how the network
//! cut the text. Patterns are an administrator's, but the sizes are bounded all the same.

use regex_automata::Input;
use regex_automata::MatchKind;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::meta;
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use zeroize::Zeroizing;

use super::text::{Clean, Cleaner};

/// Most patterns in one set: they are told by the bits of a [`Set`].
pub(super) const PATTERNS_MAX: usize = 128;

/// Longest pattern, in bytes.
pub(super) const PATTERN_BYTES_MAX: usize = 1024;

/// Longest line that is matched; of a longer one only the begin is.
pub(super) const LINE_BYTES_MAX: usize = 1024;

const DFA_BYTES_MAX: usize = 4 << 20;
const BUILD_BYTES_MAX: usize = 16 << 20;
const ONE_BYTES_MAX: usize = 1 << 20;

/// Some of the patterns of a set, by their index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Set(pub(super) u128);

impl Set {
    pub(super) fn one(index: usize) -> Set {
        Set(1 << index)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn and(self, other: Set) -> Set {
        Set(self.0 & other.0)
    }

    pub(super) fn or(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }

    pub(super) fn without(self, other: Set) -> Set {
        Set(self.0 & !other.0)
    }

    /// The lowest index, which is the pattern that was given first.
    pub(super) fn first(self) -> Option<usize> {
        (!self.is_empty()).then(|| self.0.trailing_zeros() as usize)
    }
}

fn config() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).nest_limit(64)
}

/// Checks one pattern and says whether it may end in `$`.
fn check(pattern: &str) -> Result<bool, String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!("the pattern is longer than {PATTERN_BYTES_MAX} bytes"));
    }
    match syntax::parse_with(pattern, &config()) {
        Ok(hir) if hir.properties().minimum_len() == Some(0) => {
            Err("the pattern matches the empty line".to_owned())
        }
        Ok(hir) => Ok(hir.properties().look_set_suffix_any().contains_anchor_haystack()),
        Err(regex_syntax::Error::Parse(error)) => Err(at(error.span().start.column, error.kind())),
        Err(regex_syntax::Error::Translate(error)) => {
            Err(at(error.span().start.column, error.kind()))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn at(column: usize, kind: impl std::fmt::Display) -> String {
    format!("at character {column} of the pattern: {kind}")
}

/// One pattern over one line.
#[derive(Clone, Debug)]
pub(super) struct Pattern(meta::Regex);

impl Pattern {
    pub(super) fn new(pattern: &str) -> Result<Pattern, String> {
        check(pattern)?;
        let config = meta::Config::new()
            .utf8_empty(false)
            .dfa(false)
            .nfa_size_limit(Some(ONE_BYTES_MAX))
            .onepass_size_limit(Some(ONE_BYTES_MAX))
            .hybrid_cache_capacity(ONE_BYTES_MAX);
        let built = meta::Builder::new().configure(config).syntax(self::config()).build(pattern);
        built.map(Pattern).map_err(|_| "the pattern needs too much memory".to_owned())
    }

    pub(super) fn is_match(&self, line: &[u8]) -> bool {
        self.0.is_match(line)
    }

    /// Whether a group of that name is in the pattern.
    pub(super) fn has_group(&self, name: &str) -> bool {
        self.groups().any(|group| group == name)
    }

    /// The names of the groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.group_info().all_names().filter_map(|(_, _, name)| name)
    }

    /// Matches, and asks for the place of each group named; `None` in it: that group took no part.
    pub(super) fn find<const N: usize>(
        &self,
        line: &[u8],
        groups: [&str; N],
    ) -> Option<[Option<std::ops::Range<usize>>; N]> {
        let mut captures = self.0.create_captures();
        self.0.captures(line, &mut captures);
        let found = captures.is_match();
        found.then(|| groups.map(|group| captures.get_group_by_name(group).map(|at| at.range())))
    }
}

/// Many patterns over one line, byte by byte.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
    /// Those that may end in `$`.
    pub(super) ending: Set,
}

impl Patterns {
    /// Compiles them together. The error names the pattern by its index, if it is one pattern's.
    pub(super) fn new(patterns: &[&str]) -> Result<Patterns, (Option<usize>, String)> {
        if patterns.len() > PATTERNS_MAX {
            return Err((None, format!("there are more than {PATTERNS_MAX} patterns")));
        }
        let mut ending = Set::default();
        for (index, pattern) in patterns.iter().enumerate() {
            if check(pattern).map_err(|what| (Some(index), what))? {
                ending = ending.or(Set::one(index));
            }
        }
        let too_big = || (None, "the patterns together need too much memory".to_owned());
        let dfa = build(patterns).ok_or_else(too_big)?;
        let start = dfa.start_state_forward(&Input::new(b"")).map_err(|_| too_big())?;
        Ok(Patterns { dfa, start, ending })
    }

    /// Bytes that the automaton takes.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.dfa.memory_usage()
    }

    fn matching(&self, state: StateID) -> Set {
        let end = self.dfa.next_eoi_state(state);
        if !self.dfa.is_match_state(end) {
            return Set::default();
        }
        (0..self.dfa.match_len(end)).fold(Set::default(), |set, nth| {
            set.or(Set::one(self.dfa.match_pattern(end, nth).as_usize()))
        })
    }
}

fn build(patterns: &[&str]) -> Option<dense::DFA<Vec<u32>>> {
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .accelerate(false)
        .dfa_size_limit(Some(DFA_BYTES_MAX))
        .determinize_size_limit(Some(BUILD_BYTES_MAX));
    let nfa = thompson::Config::new().utf8(false).nfa_size_limit(Some(ONE_BYTES_MAX));
    let mut builder = dense::Builder::new();
    builder.configure(config).syntax(self::config()).thompson(nfa).build_many(patterns).ok()
}

/// What the next byte came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Read {
    /// Nothing to read.
    Nothing,
    /// Another character; these patterns match a text that ends here.
    Byte(u8, Set),
    /// The line is over; these match it. The next byte begins another.
    End(Set),
}

/// The line that the game is writing, read against one [`Patterns`].
#[derive(Clone)]
pub(super) struct Reader {
    cleaner: Cleaner,
    /// The begin of the line, at most [`LINE_BYTES_MAX`]. An echoing game writes passwords into it.
    line: Zeroizing<Vec<u8>>,
    state: StateID,
    /// The line is longer than what is matched.
    cut: bool,
}

impl Reader {
    pub(super) fn new(patterns: &Patterns) -> Reader {
        let line = Zeroizing::new(Vec::with_capacity(LINE_BYTES_MAX));
        Reader { cleaner: Cleaner::default(), line, state: patterns.start, cut: false }
    }

    /// The line so far.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    pub(super) fn step(&mut self, patterns: &Patterns, byte: u8) -> Read {
        match self.cleaner.step(byte) {
            Clean::Nothing => Read::Nothing,
            Clean::Byte(byte) => Read::Byte(byte, self.push(patterns, byte)),
            Clean::End => Read::End(self.matching(patterns)),
        }
    }

    fn push(&mut self, patterns: &Patterns, byte: u8) -> Set {
        if self.line.len() == LINE_BYTES_MAX {
            self.cut = true;
        }
        if self.cut {
            return Set::default();
        }
        self.line.push(byte);
        self.state = patterns.dfa.next_state(self.state, byte);
        patterns.matching(self.state)
    }

    /// What matches the line so far, if it ended here.
    pub(super) fn matching(&self, patterns: &Patterns) -> Set {
        if self.cut || self.line.is_empty() {
            return Set::default();
        }
        patterns.matching(self.state)
    }

    /// Begins another line.
    pub(super) fn restart(&mut self, patterns: &Patterns) {
        use zeroize::Zeroize;
        self.line.zeroize();
        self.state = patterns.start;
        self.cut = false;
    }
}
