//! The frame of a scenario file: header, cluster, steps, and what is expected in the end.

use sim::{Millis, Release};

use super::cluster::Cluster;
use super::{Check, Expectation, Line, Scenario, Step, Text};
use crate::grammar::condition::condition;
use crate::grammar::error::{ParseError, Problem};
use crate::grammar::parse_line;
use crate::grammar::words::{Word, Words};

/// The largest file that is read, in bytes: some twenty thousand regions.
const LARGEST: usize = 8 << 20;

/// Reads a whole file.
pub(super) fn read(text: &str) -> Result<Scenario, ParseError> {
    if LARGEST < text.len() {
        let problem = Problem::Limit { what: "bytes in a file", most: LARGEST };
        return Err(ParseError { line: 1, column: 1, problem });
    }
    let mut reader = Reader::default();
    let mut lines = content(text).peekable();
    while let Some((number, line)) = lines.next() {
        Words::check(number, line)?;
        let mut words = Words::of(number, line);
        // A definition goes on over the indented lines after it.
        while is_definition(line) {
            let Some((number, more)) = lines.next_if(|(_, line)| line.starts_with([' ', '\t']))
            else {
                break;
            };
            Words::check(number, more)?;
            words.extend(number, more);
        }
        reader.line(number, line, words)?;
    }
    let end = (text.lines().count().max(1), 1);
    reader.finish(end)
}

/// The lines that are neither empty nor comments, with their numbers.
fn content(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    })
}

fn is_definition(line: &str) -> bool {
    ["store ", "table ", "region "].iter().any(|verb| line.starts_with(verb))
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    id: Option<String>,
    title: Text,
    opening: Text,
    seed: Option<u64>,
    end: Option<Millis>,
    cluster: Cluster,
    releases: Option<[Release; 2]>,
    /// Each with the line it begins on.
    steps: Vec<(usize, Step)>,
    expectations: Vec<(usize, Expectation)>,
}

/// What is contrasted where a file names no releases.
const RELEASES: [Release; 2] = [Release::V8_5_2, Release::V8_5_8];

const HEADER: &str = "`scenario`, `title`, `opening`, `seed`, `end`, `releases`, `max-replicas`, \
                      `cores`, `store`, `table`, `region` or `step`";

impl Reader {
    fn line(&mut self, number: usize, line: &str, mut words: Words<'_>) -> Result<(), ParseError> {
        let first = words.next().expect("a line with content has a first word");
        if !self.expectations.is_empty() {
            return self.ending(number, first, line, words);
        }
        match first.text {
            "step" => {
                words.finish()?;
                self.begin_step(number, false);
                Ok(())
            }
            "optional" => {
                words.keyword("step", "`step`, as in `optional step`")?;
                words.finish()?;
                self.begin_step(number, true);
                Ok(())
            }
            "expect" => self.expect(number, words),
            "title" | "text" | "opening" => self.text(first, line, words),
            _ if self.steps.is_empty() => self.header(first, words),
            _ => {
                let request = parse_line(number, line)?;
                let (_, step) = self.steps.last_mut().expect("a step has begun: just checked");
                step.lines.push(Line { number, request });
                Ok(())
            }
        }
    }

    /// `expect RELEASE`
    fn expect(&mut self, number: usize, mut words: Words<'_>) -> Result<(), ParseError> {
        let word = words.word(RELEASE)?;
        let release = Release::from_name(word.text).ok_or_else(|| word.expected(RELEASE))?;
        words.finish()?;
        if self.expectations.iter().any(|(_, before)| before.release == release) {
            return Err(twice(word));
        }
        let expectation = Expectation { release, text: Text::default(), checks: Vec::new() };
        self.expectations.push((number, expectation));
        Ok(())
    }

    /// A line after the first `expect`: another one, its text, or a condition.
    fn ending(
        &mut self,
        number: usize,
        first: Word<'_>,
        line: &str,
        words: Words<'_>,
    ) -> Result<(), ParseError> {
        match first.text {
            "expect" => self.expect(number, words),
            "text" => {
                let (_, expectation) = self.expectations.last_mut().expect("one has begun");
                append(&mut expectation.text, line, words)
            }
            "step" | "optional" | "title" | "opening" => {
                Err(first.expected("`expect`, `text` or a condition: the steps end at `expect`"))
            }
            _ => self.check(number, Words::of(number, line)),
        }
    }

    /// A condition, or `not` and one.
    fn check(&mut self, number: usize, mut words: Words<'_>) -> Result<(), ParseError> {
        let holds = !words.skip("not");
        let condition = condition(&mut words)?;
        words.finish()?;
        let (_, expectation) = self.expectations.last_mut().expect("one has begun: just checked");
        expectation.checks.push(Check { number, holds, condition });
        Ok(())
    }

    fn begin_step(&mut self, number: usize, optional: bool) {
        let (title, text) = (Text::default(), Text::default());
        self.steps.push((number, Step { title, text, optional, lines: Vec::new() }));
    }

    fn header(&mut self, first: Word<'_>, mut words: Words<'_>) -> Result<(), ParseError> {
        let is_new = match first.text {
            "scenario" => self.id.replace(id(&mut words)?).is_none(),
            "seed" => self.seed.replace(words.count("a number, such as `18440`")?).is_none(),
            "end" => self.end.replace(Millis(words.span()?)).is_none(),
            "releases" => self.releases.replace(pair(&mut words)?).is_none(),
            "max-replicas" => return self.cluster.max_replicas(first, words),
            "cores" => return self.cluster.cores(first, words),
            "store" => return self.cluster.store(words),
            "table" => return self.cluster.table(words),
            "region" => return self.cluster.region(words),
            _ => return Err(first.expected(HEADER)),
        };
        words.finish()?;
        if is_new { Ok(()) } else { Err(twice(first)) }
    }

    /// `title en …` and its kind. Lines of one kind and language go on with each other.
    fn text(&mut self, first: Word<'_>, line: &str, words: Words<'_>) -> Result<(), ParseError> {
        let step = self.steps.last_mut().map(|(_, step)| step);
        let text = match (first.text, step) {
            ("title", Some(step)) => &mut step.title,
            ("text", Some(step)) => &mut step.text,
            ("title", None) => &mut self.title,
            ("opening", None) => &mut self.opening,
            ("text", None) => return Err(first.expected("`step` before the `text` of one")),
            _ => return Err(first.expected("`opening` before the first step")),
        };
        append(text, line, words)
    }

    fn finish(self, end: (usize, usize)) -> Result<Scenario, ParseError> {
        let missing = |what| {
            let problem = Problem::Missing(what);
            ParseError { line: end.0, column: end.1, problem }
        };
        check_text(&self.title, ["the scenario's `title en`", "the scenario's `title zh`"])
            .and(check_text(&self.opening, ["`opening en`", "`opening zh`"]))
            .map_err(missing)?;
        for (line, step) in &self.steps {
            check_text(&step.title, ["the step's `title en`", "the step's `title zh`"])
                .and(check_text(&step.text, ["the step's `text en`", "the step's `text zh`"]))
                .map_err(|what| missing_at(*line, what))?;
        }
        for (line, expectation) in &self.expectations {
            let what = ["the expectation's `text en`", "the expectation's `text zh`"];
            check_text(&expectation.text, what).map_err(|what| missing_at(*line, what))?;
            if expectation.checks.is_empty() {
                return Err(missing_at(*line, "what is expected, such as `all regions led`"));
            }
        }
        Ok(Scenario {
            id: self.id.ok_or_else(|| missing("`scenario ID`"))?,
            title: self.title,
            opening: self.opening,
            seed: self.seed.ok_or_else(|| missing("`seed NUMBER`"))?,
            end: self.end.ok_or_else(|| missing("`end SPAN`"))?,
            setup: self.cluster.finish(end)?,
            steps: self.steps.into_iter().map(|(_, step)| step).collect(),
            releases: self.releases.unwrap_or(RELEASES),
            expectations: self.expectations.into_iter().map(|(_, expected)| expected).collect(),
        })
    }
}

/// Reads `en …` or `zh …` and goes on with what there is of that language.
fn append(text: &mut Text, line: &str, mut words: Words<'_>) -> Result<(), ParseError> {
    let what = "`en` or `zh`, the language of the text";
    let language = words.word(what)?;
    let (kept, space) = match language.text {
        "en" => (&mut text.en, " "),
        "zh" => (&mut text.zh, ""),
        _ => return Err(language.expected(what)),
    };
    let begin = words.word("the text")?;
    if !kept.is_empty() {
        kept.push_str(space);
    }
    kept.extend(line.trim_end().chars().skip(begin.column - 1));
    Ok(())
}

fn missing_at(line: usize, what: &'static str) -> ParseError {
    ParseError { line, column: 1, problem: Problem::Missing(what) }
}

const RELEASE: &str = "a release, such as `8.5.2`; `regionscope list` names them";

/// Two different releases.
fn pair(words: &mut Words<'_>) -> Result<[Release; 2], ParseError> {
    let mut pair = RELEASES;
    for place in 0..2 {
        let word = words.word(RELEASE)?;
        pair[place] = Release::from_name(word.text).ok_or_else(|| word.expected(RELEASE))?;
        if place == 1 && pair[0] == pair[1] {
            return Err(word.expected("another release than the first"));
        }
    }
    Ok(pair)
}

/// Which of the two languages is missing, if one is.
fn check_text(text: &Text, [en, zh]: [&'static str; 2]) -> Result<(), &'static str> {
    match (text.en.is_empty(), text.zh.is_empty()) {
        (true, _) => Err(en),
        (false, true) => Err(zh),
        (false, false) => Ok(()),
    }
}

fn id(words: &mut Words<'_>) -> Result<String, ParseError> {
    let what = "an id of small letters, digits and `-`, such as `tikv-18440`";
    let word = words.word(what)?;
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if word.text.chars().all(is_id) { Ok(word.text.to_owned()) } else { Err(word.expected(what)) }
}

pub(super) fn twice(word: Word<'_>) -> ParseError {
    word.error(Problem::Twice(format!("`{}`", word.text)))
}
