//! JSON as text, written by hand: what the real tools print, without the weight of a library.

use std::fmt;

/// A JSON value. Objects keep their order, as the real tools' answers do.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(u64),
    /// A fraction, in 1/10000: `Json::BasisPoints(3333)` is `0.3333`.
    BasisPoints(u64),
    /// A text.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(&'static str, Json)>),
    /// An object whose keys are data, e.g. `store 5`.
    Map(Vec<(String, Json)>),
    /// `null`.
    Null,
}

impl Json {
    /// A text.
    pub fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }

    /// An array of what `items` gives.
    pub fn list(items: impl IntoIterator<Item = Json>) -> Json {
        Json::List(items.into_iter().collect())
    }

    /// Several lines, indented by two spaces, as pd-ctl prints.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write_pretty(&mut out, 0);
        out
    }

    fn write_pretty(&self, out: &mut String, depth: usize) {
        match self {
            Json::List(items) if !items.is_empty() => {
                let items = items.iter().map(|item| (None, item));
                write_block(out, depth, ['[', ']'], items);
            }
            Json::Object(fields) if !fields.is_empty() => {
                let fields = fields.iter().map(|(key, value)| (Some(*key), value));
                write_block(out, depth, ['{', '}'], fields);
            }
            Json::Map(fields) if !fields.is_empty() => {
                let fields = fields.iter().map(|(key, value)| (Some(key.as_str()), value));
                write_block(out, depth, ['{', '}'], fields);
            }
            Json::Bool(_)
            | Json::Number(_)
            | Json::BasisPoints(_)
            | Json::Text(_)
            | Json::List(_)
            | Json::Object(_)
            | Json::Map(_)
            | Json::Null => out.push_str(&self.to_string()),
        }
    }
}

fn write_block<'a>(
    out: &mut String,
    depth: usize,
    brackets: [char; 2],
    items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
) {
    out.push(brackets[0]);
    for (index, (key, value)) in items.enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            out.push_str(&format!("{}: ", Quoted(key)));
        }
        value.write_pretty(out, depth + 1);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(brackets[1]);
}

/// On one line, without spaces.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(value) => write!(f, "{value}"),
            Json::BasisPoints(value) => write_fraction(f, *value),
            Json::Text(text) => write!(f, "{}", Quoted(text)),
            Json::List(items) => write_line(f, ['[', ']'], items.iter().map(|item| (None, item))),
            Json::Object(fields) => {
                write_line(f, ['{', '}'], fields.iter().map(|(key, value)| (Some(*key), value)))
            }
            Json::Map(fields) => {
                let fields = fields.iter().map(|(key, value)| (Some(key.as_str()), value));
                write_line(f, ['{', '}'], fields)
            }
            Json::Null => f.write_str("null"),
        }
    }
}

fn write_line<'a>(
    f: &mut fmt::Formatter<'_>,
    brackets: [char; 2],
    items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
) -> fmt::Result {
    write!(f, "{}", brackets[0])?;
    for (index, (key, value)) in items.enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        if let Some(key) = key {
            write!(f, "{}:", Quoted(key))?;
        }
        write!(f, "{value}")?;
    }
    write!(f, "{}", brackets[1])
}

/// `3333` as `0.3333`, `10000` as `1`.
fn write_fraction(f: &mut fmt::Formatter<'_>, basis_points: u64) -> fmt::Result {
    let digits = format!("{:04}", basis_points % 10_000);
    match digits.trim_end_matches('0') {
        "" => write!(f, "{}", basis_points / 10_000),
        digits => write!(f, "{}.{digits}", basis_points / 10_000),
    }
}

/// A text between quotation marks, with what JSON wants escaped.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                control if control < ' ' => write!(f, "\\u{:04x}", u32::from(control))?,
                other => write!(f, "{other}")?,
            }
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_their_order_and_texts_are_escaped() {
        let value = Json::Object(vec![
            ("store", Json::Number(503)),
            ("address", Json::text("a\"b\\c\n")),
            ("labels", Json::list([Json::Bool(true), Json::Null])),
        ]);
        let line = r#"{"store":503,"address":"a\"b\\c\n","labels":[true,null]}"#;
        assert_eq!(value.to_string(), line);
    }

    #[test]
    fn fractions_lose_their_trailing_zeros() {
        assert_eq!(Json::BasisPoints(3300).to_string(), "0.33");
        assert_eq!(Json::BasisPoints(10_000).to_string(), "1");
        assert_eq!(Json::BasisPoints(0).to_string(), "0");
    }

    #[test]
    fn pretty_json_is_indented_by_two() {
        let value =
            Json::Object(vec![("a", Json::list([Json::Number(1)])), ("b", Json::List(vec![]))]);
        assert_eq!(value.pretty(), "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}");
    }
}
