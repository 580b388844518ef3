//! The SQL statements that matter here, with TiDB's errors. Keywords have no case, the final
//! `;` is optional, names may be in back-quotes.

use std::fmt;

use sim::clients::ReadFrom;
use sim::tidb::infoschema::InfoTable;
use sim::{Command, SplitPoints, TableCommand};

use super::error::{ParseError, Problem};
use super::words::{Word, Words, number};
use crate::request::{Query, Request};

/// Whether a line is SQL. `drop` alone is what becomes of messages.
pub(super) fn is_sql(words: &Words<'_>) -> bool {
    let mut words = words.rest();
    let mut next = || words.next().map_or("", |word| word.text.trim_end_matches(';'));
    let (first, second) = (next(), next());
    let verbs = ["alter", "create", "select", "show", "split"];
    verbs.iter().any(|verb| first.eq_ignore_ascii_case(verb))
        || (first.eq_ignore_ascii_case("drop") && second.eq_ignore_ascii_case("table"))
}

/// Reads one statement; `words` are all its words.
pub(super) fn parse(words: &Words<'_>) -> Result<Request, ParseError> {
    let mut statement = Statement::of(words);
    let request = if statement.keyword("alter") {
        alter(&mut statement)?
    } else if statement.keyword("create") {
        of_table(create(&mut statement)?)
    } else if statement.keyword("drop") {
        of_table(drop_table(&mut statement)?)
    } else if statement.keyword("split") {
        of_table(split(&mut statement)?)
    } else if statement.keyword("show") {
        statement.demand("table")?;
        let table = statement.table()?;
        statement.demand("regions")?;
        Request::Query(Query::TableRegions(table))
    } else {
        Request::Query(select(&mut statement)?)
    };
    statement.keyword(";");
    statement.finish()?;
    Ok(request)
}

fn alter(statement: &mut Statement<'_>) -> Result<Request, ParseError> {
    statement.demand("table")?;
    let table = statement.table()?;
    statement.demand("set")?;
    statement.demand("tiflash")?;
    statement.demand("replica")?;
    let count = statement.count()?;
    Ok(Request::Command(Command::SetTiflashReplica { table, count }))
}

fn of_table(command: TableCommand) -> Request {
    Request::Command(Command::Table(command))
}

/// `CREATE TABLE t (id BIGINT PRIMARY KEY, …)`. What columns there are makes no difference here.
fn create(statement: &mut Statement<'_>) -> Result<TableCommand, ParseError> {
    statement.demand("table")?;
    let if_not_exists = statement.keyword("if");
    if if_not_exists {
        statement.demand("not")?;
        statement.demand("exists")?;
    }
    let table = statement.table()?;
    if statement.keyword("(") {
        statement.skip_columns()?;
    }
    Ok(TableCommand::Create { table, if_not_exists })
}

fn drop_table(statement: &mut Statement<'_>) -> Result<TableCommand, ParseError> {
    statement.demand("table")?;
    let if_exists = statement.keyword("if");
    if if_exists {
        statement.demand("exists")?;
    }
    Ok(TableCommand::Drop { table: statement.table()?, if_exists })
}

fn split(statement: &mut Statement<'_>) -> Result<TableCommand, ParseError> {
    statement.demand("table")?;
    let table = statement.table()?;
    if statement.keyword("by") {
        let mut rows = vec![statement.row("value")?];
        while statement.keyword(",") {
            rows.push(statement.row("value")?);
        }
        return Ok(TableCommand::Split { table, at: SplitPoints::By(rows) });
    }
    statement.demand("between")?;
    let lower = statement.row("lower value")?;
    statement.demand("and")?;
    let upper = statement.row("upper value")?;
    statement.demand("regions")?;
    let regions = statement.count()?;
    Ok(TableCommand::Split { table, at: SplitPoints::Between { lower, upper, regions } })
}

/// The canonical text of a statement about a table.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, command: &TableCommand) -> fmt::Result {
    match command {
        TableCommand::Create { table, if_not_exists: true } => {
            write!(f, "CREATE TABLE IF NOT EXISTS {table};")
        }
        TableCommand::Create { table, if_not_exists: false } => write!(f, "CREATE TABLE {table};"),
        TableCommand::Drop { table, if_exists: true } => write!(f, "DROP TABLE IF EXISTS {table};"),
        TableCommand::Drop { table, if_exists: false } => write!(f, "DROP TABLE {table};"),
        TableCommand::Split { table, at: SplitPoints::Between { lower, upper, regions } } => {
            write!(f, "SPLIT TABLE {table} BETWEEN ({lower}) AND ({upper}) REGIONS {regions};")
        }
        TableCommand::Split { table, at: SplitPoints::By(rows) } => {
            write!(f, "SPLIT TABLE {table} BY ")?;
            rows.iter().enumerate().try_for_each(|(i, row)| {
                let comma = if i == 0 { "" } else { "," };
                write!(f, "{comma}({row})")
            })?;
            f.write_str(";")
        }
    }
}

fn select(statement: &mut Statement<'_>) -> Result<Query, ParseError> {
    statement.demand("select")?;
    if statement.keyword("count") {
        let table = count(statement)?;
        return Ok(Query::CountRows { table, from: ReadFrom::TiKv });
    }
    if statement.keyword("/*+") {
        return count_from_tiflash(statement);
    }
    statement.demand("*")?;
    statement.demand("from")?;
    let name = statement.table()?;
    let known = name.strip_prefix("information_schema.");
    let known = known.and_then(|name| InfoTable::ALL.into_iter().find(|t| t.name() == name));
    let Some(table) = known else {
        return Err(statement.last_read().error(Problem::NoSuchTable(name)));
    };
    let filter = match statement.keyword("where") {
        true => Some(filter(statement, table)?),
        false => None,
    };
    Ok(Query::InfoTable { table, filter })
}

/// What follows `SELECT COUNT`.
fn count(statement: &mut Statement<'_>) -> Result<String, ParseError> {
    statement.demand("(")?;
    if !statement.keyword("*") {
        statement.demand("1")?;
    }
    statement.demand(")")?;
    statement.demand("from")?;
    let table = statement.table()?;
    match table.starts_with("information_schema.") {
        true => Err(statement.last_read().expected("a table whose rows clients insert")),
        false => Ok(table),
    }
}

/// What follows `SELECT /*+`: the one hint that can be read, which has to name the table.
fn count_from_tiflash(statement: &mut Statement<'_>) -> Result<Query, ParseError> {
    for word in ["read_from_storage", "(", "tiflash", "["] {
        statement.demand(word)?;
    }
    let hinted = statement.token()?;
    for word in ["]", ")", "*/", "count"] {
        statement.demand(word)?;
    }
    let table = count(statement)?;
    let is_it = table
        .split_once('.')
        .zip(name(hinted.text))
        .is_some_and(|((_, bare), hinted)| bare.eq_ignore_ascii_case(hinted));
    match is_it {
        true => Ok(Query::CountRows { table, from: ReadFrom::TiFlash }),
        false => Err(hinted.expected("the table of the query, without its database")),
    }
}

/// The canonical text of a query that counts.
pub(crate) fn write_count(f: &mut fmt::Formatter<'_>, table: &str, from: ReadFrom) -> fmt::Result {
    let bare = table.split_once('.').map_or(table, |(_, bare)| bare);
    f.write_str("SELECT ")?;
    match from {
        ReadFrom::TiKv => {}
        ReadFrom::TiFlash => write!(f, "/*+ READ_FROM_STORAGE(TIFLASH[{bare}]) */ ")?,
    }
    write!(f, "COUNT(*) FROM {table};")
}

/// `column = value`: the one condition that can be read.
fn filter(statement: &mut Statement<'_>, table: InfoTable) -> Result<(usize, String), ParseError> {
    let token = statement.token()?;
    let named = name(token.text).ok_or_else(|| statement.syntax_error_at(token))?;
    let column = table.column(named);
    let column = column.ok_or_else(|| token.error(Problem::UnknownColumn(named.to_owned())))?;
    statement.demand("=")?;
    let token = statement.token()?;
    let is_number = table.columns()[column].1;
    let value = unquoted(token.text).or(Some(token.text).filter(|_| is_number));
    let reads = |value: &&str| match is_number {
        true => value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'),
        false => value.chars().all(|c| c.is_alphanumeric() || "_$.:- ".contains(c)),
    };
    match value.filter(reads) {
        Some(value) if !value.is_empty() => Ok((column, value.to_lowercase())),
        Some(_) | None => Err(statement.syntax_error_at(token)),
    }
}

fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)))
}

/// What is a token of its own wherever it stands.
const MARKS: [char; 7] = [';', '=', '(', ')', '[', ']', ','];

/// The tokens of a statement: words, and marks.
struct Statement<'a> {
    tokens: Vec<Word<'a>>,
    next: usize,
    end: ParseError,
}

impl<'a> Statement<'a> {
    fn of(words: &Words<'a>) -> Statement<'a> {
        let mut tokens = Vec::new();
        let mut rest = words.clone();
        while let Some(word) = rest.next() {
            let mut column = word.column;
            for part in word.text.split_inclusive(MARKS) {
                let name = part.trim_end_matches(MARKS);
                let (name, mark) = part.split_at(name.len());
                for text in [name, mark] {
                    if !text.is_empty() {
                        tokens.push(Word { text, column, ..word });
                    }
                    column += text.chars().count();
                }
            }
        }
        let mut end = words.error_at_end(Problem::Empty);
        let column = end.column - 1;
        end.problem = Problem::SqlSyntax { column, near: String::new() };
        Statement { tokens, next: 0, end }
    }

    /// Reads the next token if it is this keyword.
    fn keyword(&mut self, keyword: &str) -> bool {
        let is_it =
            self.tokens.get(self.next).is_some_and(|t| t.text.eq_ignore_ascii_case(keyword));
        self.next += usize::from(is_it);
        is_it
    }

    fn demand(&mut self, keyword: &str) -> Result<(), ParseError> {
        if self.keyword(keyword) { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// The next token, whatever it is.
    fn token(&mut self) -> Result<Word<'a>, ParseError> {
        let token = self.tokens.get(self.next).copied().ok_or_else(|| self.syntax_error())?;
        self.next += 1;
        Ok(token)
    }

    /// The error that a token which was read last does not belong there.
    fn syntax_error_at(&self, token: Word<'a>) -> ParseError {
        let tokens = self.tokens.clone();
        let next = tokens.iter().position(|other| other.column == token.column).unwrap_or_default();
        Statement { tokens, next, end: self.end.clone() }.syntax_error()
    }

    fn count(&mut self) -> Result<u64, ParseError> {
        let Some(token) = self.tokens.get(self.next).copied() else {
            return Err(self.syntax_error());
        };
        let count = number(token, token.text, "a count").map_err(|_| self.syntax_error())?;
        self.next += 1;
        Ok(count)
    }

    /// `db.table`, in lower case: TiDB compares names without case.
    fn table(&mut self) -> Result<String, ParseError> {
        let Some(token) = self.tokens.get(self.next).copied() else {
            return Err(self.syntax_error());
        };
        let parts: Option<Vec<&str>> = token.text.split('.').map(name).collect();
        let table = match parts.as_deref() {
            Some([schema, table]) => format!("{schema}.{table}").to_lowercase(),
            Some([_]) => return Err(token.error(Problem::NoDatabase)),
            Some(_) | None => return Err(self.syntax_error()),
        };
        self.next += 1;
        Ok(table)
    }

    /// The rest of a list of columns up to its closing bracket.
    fn skip_columns(&mut self) -> Result<(), ParseError> {
        let mut open = 1;
        while 0 < open {
            match self.token()?.text {
                "(" => open += 1,
                ")" => open -= 1,
                ";" => {
                    self.next -= 1;
                    return Err(self.syntax_error());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `(7)` or `(-7)`: the handle of a row, one number in each table here. `which` is TiDB's word
    /// for it.
    fn row(&mut self, which: &'static str) -> Result<i64, ParseError> {
        self.demand("(")?;
        let token = self.token()?;
        if token.text == ")" {
            return Err(token.error(Problem::SplitValues(which)));
        }
        let digits = token.text.strip_prefix('-').unwrap_or(token.text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(self.syntax_error_at(token));
        }
        let too_large = |_| token.error(Problem::OutOfRange(token.text.to_owned()));
        let row = token.text.parse().map_err(too_large)?;
        if self.keyword(",") {
            return Err(token.error(Problem::SplitValues(which)));
        }
        self.demand(")")?;
        Ok(row)
    }

    fn finish(&self) -> Result<(), ParseError> {
        if self.next < self.tokens.len() { Err(self.syntax_error()) } else { Ok(()) }
    }

    fn last_read(&self) -> Word<'a> {
        self.tokens[self.next - 1]
    }

    /// TiDB's: everything from the token that does not belong here, and the column after it.
    fn syntax_error(&self) -> ParseError {
        let Some(token) = self.tokens.get(self.next) else {
            return self.end.clone();
        };
        let mut near = String::new();
        let mut column = token.column;
        for token in &self.tokens[self.next..] {
            near.extend(std::iter::repeat_n(' ', token.column - column));
            near.push_str(token.text);
            column = token.column + token.text.chars().count();
        }
        let column = token.column + token.text.chars().count() - 1;
        token.error(Problem::SqlSyntax { column, near })
    }
}

/// A name without its back-quotes, if it is one.
fn name(text: &str) -> Option<&str> {
    let bare = text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(text);
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    (!bare.is_empty() && bare.chars().all(is_name)).then_some(bare)
}
