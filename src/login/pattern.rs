//! Patterns over text as bytes: many at once over the game's lines, one at a time over a player's.
//!
//! The game's lines are read by one automaton, asked after every byte which patterns match there. What
//! matches can therefore not depend on how the network cut the text. Its states are made as texts ask
//! for them, in a cache that all connections share and that is emptied when full, so patterns that an
//! administrator wrote without care cost time here and there, and never memory.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{self, Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, meta};
use zeroize::{Zeroize, Zeroizing};

use super::text::{Clean, Cleaner};

/// Most patterns in one set: they are told by the bits of a [`Set`].
pub(super) const PATTERNS_MAX: usize = 128;

/// Longest pattern, in bytes.
pub(super) const PATTERN_BYTES_MAX: usize = 1024;

/// Longest line that is matched; of a longer one only the begin is.
pub(super) const LINE_BYTES_MAX: usize = 1024;

/// The program of one set or pattern.
const PROGRAM_BYTES_MAX: usize = 1 << 20;

/// The states made for one set; emptied when full.
const CACHE_BYTES_MAX: usize = 2 << 20;

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

/// Checks one pattern.
fn check(pattern: &str) -> Result<(), String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!("the pattern is longer than {PATTERN_BYTES_MAX} bytes"));
    }
    match syntax::parse_with(pattern, &config()) {
        Ok(hir) if hir.properties().minimum_len() == Some(0) => {
            Err("the pattern matches the empty line".to_owned())
        }
        Ok(_) => Ok(()),
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
            .nfa_size_limit(Some(PROGRAM_BYTES_MAX))
            .onepass_size_limit(Some(PROGRAM_BYTES_MAX))
            .hybrid_cache_capacity(PROGRAM_BYTES_MAX);
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
pub(super) struct Patterns {
    dfa: DFA,
    cache: Mutex<Cache>,
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patterns({})", self.dfa.pattern_len())
    }
}

impl Patterns {
    /// Compiles them together. The error names the pattern by its index, if it is one pattern's.
    pub(super) fn new(patterns: &[&str]) -> Result<Patterns, (Option<usize>, String)> {
        if patterns.len() > PATTERNS_MAX {
            return Err((None, format!("there are more than {PATTERNS_MAX} patterns")));
        }
        for (index, pattern) in patterns.iter().enumerate() {
            check(pattern).map_err(|what| (Some(index), what))?;
        }
        let config = dfa::Config::new()
            .match_kind(MatchKind::All)
            .cache_capacity(CACHE_BYTES_MAX)
            .skip_cache_capacity_check(true);
        let program = thompson::Config::new().utf8(false);
        let program = program.nfa_size_limit(Some(PROGRAM_BYTES_MAX));
        let mut builder = DFA::builder();
        builder.configure(config).syntax(self::config()).thompson(program);
        let too_big = |_| (None, "the patterns together need too much memory".to_owned());
        let dfa = builder.build_many(patterns).map_err(too_big)?;
        let cache = Mutex::new(dfa.create_cache());
        Ok(Patterns { dfa, cache })
    }

    /// Takes the automaton for the length of one piece of text.
    pub(super) fn scan(&self) -> Scan<'_> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        Scan { dfa: &self.dfa, cache }
    }

    /// Bytes that the automaton takes, at the moment.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.dfa.memory_usage() + self.scan().cache.memory_usage()
    }
}

/// A state, good as long as the cache has not been emptied since.
#[derive(Clone, Copy)]
struct State {
    id: LazyStateID,
    cleared: usize,
}

/// The automaton, taken.
pub(super) struct Scan<'a> {
    dfa: &'a DFA,
    cache: MutexGuard<'a, Cache>,
}

impl Scan<'_> {
    fn state(&self, id: LazyStateID) -> State {
        State { id, cleared: self.cache.clear_count() }
    }

    fn is_good(&self, state: State) -> bool {
        state.cleared == self.cache.clear_count()
    }

    /// The state after a whole text.
    fn walk(&mut self, text: &[u8]) -> Option<State> {
        let mut id = self.dfa.start_state_forward(&mut self.cache, &Input::new(b"")).ok()?;
        for &byte in text {
            id = self.dfa.next_state(&mut self.cache, id, byte).ok()?;
        }
        Some(self.state(id))
    }

    fn next(&mut self, state: State, byte: u8) -> Option<State> {
        let id = self.dfa.next_state(&mut self.cache, state.id, byte).ok()?;
        Some(self.state(id))
    }

    /// The patterns that match where the text is now. May empty the cache.
    fn found(&mut self, state: State) -> Found {
        let Ok(end) = self.dfa.next_eoi_state(&mut self.cache, state.id) else {
            return Found::default();
        };
        let ended = self.matching(end);
        if ended.is_empty() || !self.is_good(state) {
            return Found { open: Set::default(), ended };
        }
        // A match shows after the byte behind it; that byte takes `$` back.
        let more = self.dfa.next_state(&mut self.cache, state.id, b'\n');
        Found { open: more.map_or(Set::default(), |more| self.matching(more)), ended }
    }

    fn matching(&self, id: LazyStateID) -> Set {
        if !id.is_match() {
            return Set::default();
        }
        (0..self.dfa.match_len(&self.cache, id)).fold(Set::default(), |set, nth| {
            set.or(Set::one(self.dfa.match_pattern(&self.cache, id, nth).as_usize()))
        })
    }
}

/// The patterns that match at one place of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Found {
    /// Whatever comes next.
    pub(super) open: Set,
    /// If the line ends here.
    pub(super) ended: Set,
}

/// What the next byte came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Read {
    /// Nothing to read.
    Nothing,
    /// Another character; these patterns match here.
    Byte(u8, Found),
    /// The line is over; these match it. The next byte begins another.
    End(Set),
}

/// The line that the game is writing, read against one [`Patterns`].
pub(super) struct Reader {
    cleaner: Cleaner,
    /// The begin of the line, at most [`LINE_BYTES_MAX`]. An echoing game writes passwords into it.
    line: Zeroizing<Vec<u8>>,
    /// Where the automaton is after `line`, if known.
    state: Option<State>,
    /// The line is longer than what is matched.
    cut: bool,
}

impl Reader {
    pub(super) fn new() -> Reader {
        let line = Zeroizing::new(Vec::with_capacity(LINE_BYTES_MAX));
        Reader { cleaner: Cleaner::default(), line, state: None, cut: false }
    }

    /// The line so far.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    pub(super) fn step(&mut self, scan: &mut Scan<'_>, byte: u8) -> Read {
        match self.cleaner.step(byte) {
            Clean::Nothing => Read::Nothing,
            Clean::Byte(byte) => Read::Byte(byte, self.push(scan, byte)),
            Clean::End => Read::End(self.matching(scan)),
        }
    }

    fn push(&mut self, scan: &mut Scan<'_>, byte: u8) -> Found {
        if self.line.len() == LINE_BYTES_MAX {
            self.cut = true;
        }
        if self.cut {
            return Found::default();
        }
        self.line.push(byte);
        self.state = match self.state.filter(|state| scan.is_good(*state)) {
            Some(state) => scan.next(state, byte),
            None => scan.walk(&self.line),
        };
        self.state.map_or(Found::default(), |state| scan.found(state))
    }

    /// What matches the line so far, if it ended here.
    pub(super) fn matching(&self, scan: &mut Scan<'_>) -> Set {
        if self.cut || self.line.is_empty() {
            return Set::default();
        }
        let good = self.state.filter(|state| scan.is_good(*state));
        let state = good.or_else(|| scan.walk(&self.line));
        state.map_or(Set::default(), |state| scan.found(state).ended)
    }

    /// Begins another line.
    pub(super) fn restart(&mut self) {
        // The rest of the buffer is clean: every line before was.
        self.line.as_mut_slice().zeroize();
        self.line.clear();
        self.state = None;
        self.cut = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What matches (open, ended), by the length of the line; `0` stands for the line's end.
    fn found(patterns: &[&str], text: &str) -> Vec<(usize, u128, u128)> {
        let patterns = Patterns::new(patterns).unwrap();
        let mut scan = patterns.scan();
        let mut reader = Reader::new();
        let mut found = Vec::new();
        for byte in text.bytes() {
            match reader.step(&mut scan, byte) {
                Read::Nothing => {}
                Read::Byte(_, Found { open, ended }) => {
                    found.push((reader.line().len(), open.0, ended.0));
                }
                Read::End(set) => {
                    found.push((0, 0, set.0));
                    reader.restart();
                }
            }
        }
        found.retain(|(_, _, ended)| *ended != 0);
        found
    }

    #[test]
    fn each_place_says_which_patterns_match_there() {
        let patterns = ["^ab$", "b", "^abc"];
        assert_eq!(found(&patterns, "abcb\n"), [(2, 2, 3), (3, 4, 4), (4, 2, 2), (0, 0, 2)]);
        assert_eq!(found(&patterns, "ab\n"), [(2, 2, 3), (0, 0, 3)]);
    }

    #[test]
    fn one_pattern_may_end_here_and_there() {
        assert_eq!(found(&["^(ab|a$)"], "a\n"), [(1, 0, 1), (0, 0, 1)]);
        assert_eq!(found(&["^(ab|a$)"], "abc\n"), [(1, 0, 1), (2, 1, 1)]);
    }

    #[test]
    fn a_line_that_is_too_long_matches_only_at_its_begin() {
        for (length, matches) in
            [(LINE_BYTES_MAX - 1, 2), (LINE_BYTES_MAX, 2), (LINE_BYTES_MAX + 1, 0)]
        {
            let text = format!("{}z\n", "x".repeat(length - 1));
            assert_eq!(found(&["z$"], &text).len(), matches, "{length}");
        }
    }

    #[test]
    fn an_emptied_cache_changes_nothing() {
        let patterns = Patterns::new(&["a[ab]{16}$", "^a"]).unwrap();
        let mut reader = Reader::new();
        let mut random = 1u32;
        let mut matches = 0;
        for _ in 0..60_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let byte = if random >> 31 == 0 { b'a' } else { b'b' };
            let Read::Byte(_, found) = reader.step(&mut patterns.scan(), byte) else {
                unreachable!()
            };
            let line = reader.line();
            let far = line.len() > 16 && line[line.len() - 17] == b'a';
            let expected = u128::from(far) | (u128::from(line == b"a") << 1);
            assert_eq!(found.ended.0, expected);
            matches += found.ended.0 & 1;
            if reader.line().len() == 200 {
                reader.restart();
            }
        }
        assert!(matches > 20_000 && patterns.memory() < 2 * CACHE_BYTES_MAX);
        assert!(patterns.scan().cache.clear_count() > 0, "the test is too small");
    }

    #[test]
    fn a_bad_pattern_is_told_with_its_place() {
        for (pattern, what) in [
            ("ab(c", "at character 3 of the pattern: unclosed group"),
            ("[z-a]", "at character 2 of the pattern: invalid character class range"),
            (r"\p{Greek}", "at character 1 of the pattern: Unicode not allowed here"),
            ("a*", "the pattern matches the empty line"),
        ] {
            let error = Pattern::new(pattern).unwrap_err();
            assert!(error.starts_with(what), "{error}");
            let (place, error) = Patterns::new(&["fine", pattern]).unwrap_err();
            assert!(place == Some(1) && error.starts_with(what), "{error}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(Pattern::new("(a{1000}){1000}").unwrap_err().contains("too much memory"));
        assert!(Patterns::new(&["(a{1000}){1000}"]).unwrap_err().1.contains("too much memory"));
        assert!(Pattern::new(&"(".repeat(200)).is_err());
        for (length, good) in [(PATTERN_BYTES_MAX, true), (PATTERN_BYTES_MAX + 1, false)] {
            assert_eq!(Pattern::new(&"x".repeat(length)).is_ok(), good, "{length}");
        }
        for (count, good) in [(PATTERNS_MAX, true), (PATTERNS_MAX + 1, false)] {
            assert_eq!(Patterns::new(&vec!["x"; count]).is_ok(), good, "{count}");
        }
        let all = Patterns::new(&vec!["x"; PATTERNS_MAX]).unwrap();
        let every = Set(u128::MAX);
        let found = Found { open: every, ended: every };
        assert_eq!(Reader::new().step(&mut all.scan(), b'x'), Read::Byte(b'x', found));
    }

    #[test]
    fn places_of_groups_are_found() {
        let pattern = Pattern::new("^(?<verb>c)o? (?<name>[a-z]+)( (?<password>.+))?$").unwrap();
        let places = pattern.find(b"co bob", ["name", "password", "other"]).unwrap();
        assert_eq!(places, [Some(3..6), None, None]);
        assert!(pattern.find(b"x", ["name"]).is_none());
        assert!(pattern.has_group("verb") && !pattern.has_group("other"));
    }
}
