//! The file as a tree whose every key and value knows where it stands, and the way down into it.
//!
//! A [`Section`] hands out its keys one by one: each that is asked for is read by its kind, each
//! that was never asked for is an unknown key, and the keys asked for are the ones an error lists
//! as allowed. What is wrong goes into one list, so that one run tells everything.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::problem::{Place, Problem, Problems, nearest};
use super::value::{Kind, Refusal, described, quoted};

/// Problems that one run reports at most.
const PROBLEMS_MAX: usize = 100;

/// The file being read, and what was found wrong with it so far.
pub(super) struct Source<'t> {
    file: &'t str,
    text: &'t str,
    problems: RefCell<Vec<(usize, Problem)>>,
}

impl<'t> Source<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Source<'t> {
        Source { file, text, problems: RefCell::default() }
    }

    /// The whole file as a table. Where it is not TOML, that is all there is to say about it.
    pub(super) fn table(&self) -> Option<DeTable<'t>> {
        let (table, mut errors) = DeTable::parse_recoverable(self.text);
        errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
        let mut told = 0..0;
        for error in errors.iter().take_while(|_| !self.is_full()) {
            let span = error.span().unwrap_or_default();
            // One slip often makes several errors on its line; the first one names it.
            if told.contains(&span.start) {
                continue;
            }
            told = self.rest_of_line(span.start);
            let refusal = said_by_parser(error.message());
            let found = format!("this is not TOML: {}", refusal.found);
            self.report(span, "", Refusal { found, ..refusal });
        }
        errors.is_empty().then(|| table.into_inner())
    }

    /// From `start` to the end of its line, the line's end included.
    fn rest_of_line(&self, start: usize) -> Range<usize> {
        let rest = &self.text.as_bytes()[start.min(self.text.len())..];
        start..start + memchr::memchr(b'\n', rest).unwrap_or(rest.len()) + 1
    }

    /// Notes what is wrong at `span` with the value of `key`.
    pub(super) fn report(&self, span: Range<usize>, key: &str, refusal: Refusal) {
        if self.is_full() {
            return;
        }
        let span = refusal.span.clone().unwrap_or(span);
        let span = self.part_of(span, refusal.part.as_deref());
        let problem = Problem {
            file: self.file.to_owned(),
            place: Place::of(self.text, span.clone()),
            key: key.to_owned(),
            found: refusal.found,
            allowed: refusal.allowed,
            meant: refusal.meant,
        };
        self.problems.borrow_mut().push((span.start, problem));
    }

    /// Whether more problems would not be told: looking for them is then in vain.
    fn is_full(&self) -> bool {
        self.problems.borrow().len() == PROBLEMS_MAX
    }

    /// Where `part` stands within `span`; all of it, if it is written otherwise there.
    fn part_of(&self, span: Range<usize>, part: Option<&str>) -> Range<usize> {
        let whole = self.text.get(span.clone()).unwrap_or_default();
        match part.and_then(|part| Some((whole.find(part)?, part.len()))) {
            Some((at, length)) => span.start + at..span.start + at + length,
            None => span,
        }
    }

    /// The only thing that can be said about the file.
    pub(super) fn only(self, at: usize, found: &str) -> Problems {
        self.report(at..at, "", Refusal { found: found.to_owned(), ..Refusal::default() });
        Problems(self.into_problems())
    }

    /// What was found, in the file's order.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(start, _)| *start);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// What a parser says, as found and allowed.
pub(super) fn said_by_parser(message: &str) -> Refusal {
    let message = message.replace('\n', ", ");
    let (found, expected) = match message.split_once(", expected ") {
        Some((found, expected)) => (found.to_owned(), Some(expected.to_owned())),
        None => (message, None),
    };
    Refusal { found, allowed: expected, ..Refusal::default() }
}

/// A key that was asked for.
struct Taken {
    name: &'static str,
    /// Where its value stands; none if it is not in the file.
    span: Option<Range<usize>>,
    /// Its value was not taken, so that the default stands in for it.
    refused: bool,
}

/// One table of the file while its keys are taken out of it.
pub(crate) struct Section<'s, 't> {
    source: &'s Source<'t>,
    /// The name in front of its keys, like `session`; empty for the whole file.
    path: String,
    /// Its header or braces; none if the file has no such table.
    span: Option<Range<usize>>,
    /// What was not asked for yet.
    rest: DeTable<'t>,
    taken: Vec<Taken>,
}

impl<'s, 't> Section<'s, 't> {
    /// The whole file.
    pub(super) fn root(source: &'s Source<'t>, table: DeTable<'t>) -> Section<'s, 't> {
        Section { source, path: String::new(), span: None, rest: table, taken: Vec::new() }
    }

    /// The table `name` of this one; an empty one if it is not there or is no table.
    pub(super) fn section(&mut self, name: &'static str) -> Section<'s, 't> {
        let value = self.take(name);
        let span = value.as_ref().map(Spanned::span);
        let rest = value.and_then(|value| self.as_table(name, value)).unwrap_or_default();
        Section { source: self.source, path: self.full(name), span, rest, taken: Vec::new() }
    }

    /// The tables `[[name]]` of this one, each as a section; none if the file has none.
    pub(super) fn sections(&mut self, name: &'static str) -> Vec<Section<'s, 't>> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(array) = value.into_inner() else {
            let found = format!("written [{name}], there can be several");
            let allowed = Some(format!("[[{name}]]"));
            self.report_at(span, name, Refusal { found, allowed, ..Refusal::default() });
            return Vec::new();
        };
        let one = |value: Spanned<DeValue<'t>>| {
            let span = Some(value.span());
            let rest = self.as_table(name, value)?;
            let path = self.full(name);
            Some(Section { source: self.source, path, span, rest, taken: Vec::new() })
        };
        array.into_iter().filter_map(one).collect()
    }

    /// The value of `name` as its kind reads it; none if it is not there or was refused.
    pub(crate) fn read<K: Kind>(&mut self, name: &'static str, kind: &K) -> Option<K::Value> {
        let value = self.take(name)?;
        let read = kind.read(value.get_ref());
        read.map_err(|refusal| self.refuse(name, value.span(), refusal)).ok()
    }

    fn refuse(&mut self, name: &'static str, span: Range<usize>, refusal: Refusal) {
        self.report_at(span, name, refusal);
        if let Some(taken) = self.taken.iter_mut().find(|taken| taken.name == name) {
            taken.refused = true;
        }
    }

    /// Takes the value of `name` as it stands.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Spanned<DeValue<'t>>> {
        let value = self.rest.remove(name);
        let span = value.as_ref().map(Spanned::span);
        self.taken.push(Taken { name, span, refused: false });
        value
    }

    fn as_table(&self, name: &str, value: Spanned<DeValue<'t>>) -> Option<DeTable<'t>> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Some(table),
            other => {
                let found = format!("found {}, not a table", described(&other));
                let allowed = Some(format!("[{name}] on a line of its own, its keys below it"));
                self.report_at(span, name, Refusal { found, allowed, ..Refusal::default() });
                None
            }
        }
    }

    fn taken(&self, name: &str) -> Option<&Taken> {
        self.taken.iter().find(|taken| taken.name == name)
    }

    /// Notes that something is wrong with the value of `name`, which was read before; returns
    /// whether the file has that key at all.
    pub(super) fn report(&self, name: &str, refusal: Refusal) -> bool {
        let Some(span) = self.taken(name).and_then(|taken| taken.span.clone()) else {
            return false;
        };
        self.report_at(span, name, refusal);
        true
    }

    /// As [`Section::report`]; at the section itself where the key is not in the file.
    pub(super) fn report_or_here(&self, name: &str, refusal: Refusal) {
        let span = self.taken(name).and_then(|taken| taken.span.clone());
        let span = span.or_else(|| self.span.clone());
        self.report_at(span.unwrap_or_default(), name, refusal);
    }

    /// Notes what is wrong with the section as a whole.
    pub(super) fn report_all(&self, refusal: Refusal) {
        let span = self.span.clone().unwrap_or_default();
        self.source.report(span, &self.path, refusal);
    }

    /// Notes that `name` is not in the file and must be: at the section, or at the start of the
    /// file, where it can be written in full.
    pub(super) fn report_missing(&self, name: &str, allowed: String) {
        let span = self.span.clone().unwrap_or_default();
        let found = "missing".to_owned();
        self.report_at(span, name, Refusal { found, allowed: Some(allowed), ..Refusal::default() });
    }

    /// Notes what is wrong at `span` with the value of `name`.
    pub(super) fn report_at(&self, span: Range<usize>, name: &str, refusal: Refusal) {
        self.source.report(span, &self.full(name), refusal);
    }

    /// Whether the file has a value for `name`, which was read before.
    pub(super) fn has(&self, name: &str) -> bool {
        self.taken(name).is_some_and(|taken| taken.span.is_some())
    }

    /// Whether the value of `name` was refused when it was read: what is there instead is not what
    /// anyone wrote.
    pub(super) fn refused(&self, name: &str) -> bool {
        self.taken(name).is_some_and(|taken| taken.refused)
    }

    fn full(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// No more keys will be asked for: the ones left are unknown.
    pub(super) fn finish(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        for (key, _) in rest.iter().take_while(|_| !self.source.is_full()) {
            self.report_unknown(key);
        }
    }

    fn report_unknown(&self, key: &Spanned<DeString<'_>>) {
        let mut known: Vec<&str> = self.taken.iter().map(|taken| taken.name).collect();
        known.sort_unstable();
        let whole_file = self.path.is_empty();
        let meant = nearest(key.get_ref(), known.iter().copied());
        let refusal = Refusal {
            found: if whole_file { "no such section" } else { "no such key" }.to_owned(),
            allowed: Some(known.join(", ")),
            meant: meant.map(str::to_owned),
            ..Refusal::default()
        };
        let name = quoted(key.get_ref());
        self.source.report(key.span(), &self.full(name.trim_matches('"')), refusal);
    }
}
