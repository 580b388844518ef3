//! How our sources read: what style asks for and a program can see.

use std::collections::BTreeSet;

use anyhow::Result;
use tests::{
    project::{self, File},
    source::{code_only, functions, is_table, string_literals},
};

const LINE_LIMIT: usize = 100;
const FUNCTION_LIMIT: usize = 70;
/// A function that is one `match` over a closed list reads as a table: from any of its rows.
const TABLE_LIMIT: usize = 160;
const FILE_LIMIT: usize = 600;

/// The folders that hold our Rust.
const FOLDERS: [&str; 3] = ["crates", "web", "tests"];

/// Words that stand for work left undone. Written in two parts, since this file is read too.
const MARKERS: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

/// Names that code of ours must not use, why, and in which folders.
const BANNED: [(&str, &str, &[&str]); 6] = [
    ("todo", "finish it or leave it out", &FOLDERS),
    ("unimplemented", "finish it or leave it out", &FOLDERS),
    ("ignore", "assert what holds today instead of leaving a test out", &["tests", "crates"]),
    ("HashMap", "iteration order differs between runs; use BTreeMap", &SIMULATED),
    ("HashSet", "iteration order differs between runs; use BTreeSet", &SIMULATED),
    ("thread_rng", "draw from the seeded generator", &SIMULATED),
];

/// The folders whose runs must be the same everywhere.
const SIMULATED: [&str; 3] = ["crates/sim", "crates/scenario", "crates/view"];

#[test]
fn lines_are_at_most_100_characters() -> Result<()> {
    let mut faults = Vec::new();
    for File { path, text } in sources()? {
        let long = text.lines().enumerate().filter(|(_, line)| LINE_LIMIT < line.chars().count());
        faults.extend(long.map(|(index, _)| format!("{path}:{}", index + 1)));
    }
    none_of("a line is too long", &faults);
    Ok(())
}

#[test]
fn functions_are_at_most_70_lines_and_files_at_most_600() -> Result<()> {
    let mut faults = Vec::new();
    for File { path, text } in sources()? {
        let lines = text.lines().count();
        if FILE_LIMIT < lines {
            faults.push(format!("{path} has {lines} lines"));
        }
        let code = code_only(&text);
        let code_lines: Vec<&str> = code.lines().collect();
        let long = functions(&code).into_iter().filter(|function| {
            let is_table = is_table(&code_lines[function.lines.clone()]);
            let limit = if is_table { TABLE_LIMIT } else { FUNCTION_LIMIT };
            limit < function.lines.len()
        });
        faults.extend(long.map(|f| format!("{path}: {} has {} lines", f.name, f.lines.len())));
    }
    none_of("too long to be taken in at once", &faults);
    Ok(())
}

#[test]
fn each_module_says_first_what_it_is() -> Result<()> {
    let silent = sources()?.into_iter().filter(|file| !file.text.starts_with("//! "));
    none_of("a module does not open with //!", &silent.map(|f| f.path).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn nothing_is_marked_as_unfinished() -> Result<()> {
    let mut faults = Vec::new();
    for File { path, text } in sources()? {
        for (index, line) in text.lines().enumerate() {
            // Work that someone has taken on carries a name: TODO(name).
            let nameless = line.replace("TODO(", "").contains(concat!("TO", "DO"));
            if nameless || MARKERS.iter().any(|marker| line.contains(marker)) {
                faults.push(format!("{path}:{}", index + 1));
            }
        }
    }
    none_of("something is marked as unfinished", &faults);
    Ok(())
}

#[test]
fn no_banned_name_is_used() -> Result<()> {
    let mut faults = Vec::new();
    for File { path, text } in sources()? {
        let code = code_only(&text);
        for (name, reason, folders) in BANNED {
            let applies = folders.iter().any(|folder| path.starts_with(folder));
            if applies && uses(&code, name) {
                faults.push(format!("{path} uses {name}: {reason}"));
            }
        }
    }
    none_of("a banned name is used", &faults);
    Ok(())
}

#[test]
fn only_effects_speak_to_the_browser() -> Result<()> {
    let at_home = |path: &str| path.starts_with("web/src/effects");
    let elsewhere = sources()?.into_iter().filter(|file| !at_home(&file.path));
    let faults: Vec<_> = elsewhere.filter(|f| uses(&code_only(&f.text), "web_sys")).collect();
    none_of(
        "web_sys is used outside web/src/effects",
        &faults.into_iter().map(|f| f.path).collect::<Vec<_>>(),
    );
    Ok(())
}

#[test]
fn each_class_is_defined_in_a_style_sheet() -> Result<()> {
    let sheets = project::files("web/style", ".css")?;
    let defined: BTreeSet<String> =
        sheets.iter().flat_map(|sheet| classes_of(&sheet.text)).collect();
    let mut faults = Vec::new();
    for File { path, text } in project::files("web", ".rs")? {
        let unknown = classes_used(&text).into_iter().filter(|class| !defined.contains(class));
        faults.extend(unknown.map(|class| format!("{path}: {class}")));
    }
    none_of("a class is in no style sheet of web/style/", &faults);
    Ok(())
}

fn sources() -> Result<Vec<File>> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        sources.extend(project::files(folder, ".rs")?);
    }
    Ok(sources)
}

#[track_caller]
fn none_of(fault: &str, places: &[String]) {
    assert!(places.is_empty(), "{fault}:\n  {}", places.join("\n  "));
}

/// Whether `code` uses `name` as a macro, a type, a crate or an attribute: as code would, followed
/// by a mark and not as a name of its own making such as a field or a variant.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let before = code[..at].trim_end();
        let after = &code[at + name.len()..];
        if code[..at].ends_with(is_part) || after.starts_with(is_part) {
            return false;
        }
        match name {
            "ignore" => before.ends_with("#["),
            "todo" | "unimplemented" => after.starts_with('!'),
            _ => true,
        }
    })
}

/// The class names that a style sheet mentions.
fn classes_of(sheet: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let after_dots = sheet.split('.').skip(1);
    let names = after_dots.map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or_default());
    let starts_well = |name: &&str| name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit());
    names.filter(starts_well).map(ToString::to_string).collect()
}

/// The class names in a component: in the values of `class=`, and in functions whose name is, or
/// ends in, `class`. A name put together from pieces is found as a piece, and so refused.
fn classes_used(source: &str) -> BTreeSet<String> {
    let characters: Vec<char> = source.chars().collect();
    let code = code_only(source);
    let mut parts: Vec<String> = attribute_values(&code, &characters, "class=");
    let named = functions(&code).into_iter().filter(|f| f.name.ends_with("class"));
    parts.extend(named.map(|f| characters[f.characters].iter().collect()));
    let literals = parts.iter().flat_map(|part| string_literals(part));
    literals.flat_map(|l| l.split_whitespace().map(str::to_string).collect::<Vec<_>>()).collect()
}

/// The source text of each value that follows `attribute` in the code: a literal, or an expression
/// in braces.
fn attribute_values(code: &str, source: &[char], attribute: &str) -> Vec<String> {
    let characters: Vec<char> = code.chars().collect();
    let wanted: Vec<char> = attribute.chars().collect();
    let starts = characters.windows(wanted.len()).enumerate().filter(|(_, seen)| *seen == wanted);
    let mut values = Vec::new();
    for (at, _) in starts {
        let start = at + wanted.len();
        let length = if characters.get(start) == Some(&'{') {
            braced_length(&characters[start..])
        } else {
            source[start..].iter().position(|c| matches!(c, '>' | '\n')).unwrap_or(0)
        };
        let value: String = source[start..start + length].iter().collect();
        let is_literal = value.starts_with('"');
        let first = string_literals(&value).into_iter().next().unwrap_or_default();
        values.push(if is_literal { format!("\"{first}\"") } else { value });
    }
    values
}

/// The length of the braced expression that `characters` start with.
fn braced_length(characters: &[char]) -> usize {
    let mut depth = 0_usize;
    let closes = characters.iter().position(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    closes.map_or(characters.len(), |index| index + 1)
}

#[test]
fn classes_are_found_where_components_and_sheets_have_them() {
    let component = r#"
        html! { <p class="a b" title=".x">{ "no" }</p> <p class={classes!("c", "d")}/> }
        fn role_class() -> &'static str { "e" }
    "#;
    let used: Vec<_> = classes_used(component).into_iter().collect();
    assert_eq!(used, ["a", "b", "c", "d", "e"]);
    let defined: Vec<_> = classes_of(".a, p.b:hover { margin: .5em } .c-d{}").into_iter().collect();
    assert_eq!(defined, ["a", "b", "c-d"]);
}
