//! Forms for building a cluster: what each asks for, what it offers to begin with, and the line of
//! the command grammar that it comes to. A form does nothing that cannot be typed.

use sim::store::Engine;

use crate::actions::{free_address, free_id, free_table};
use crate::cluster_view::ClusterView;
use crate::lang::Lang;

/// A form.
#[derive(Debug)]
pub struct Form {
    /// Its name in the page.
    pub id: &'static str,
    /// What it does.
    title: [&'static str; 2],
    /// What it asks for.
    pub fields: &'static [Field],
    /// The line that the values come to, one a field; an empty value is one that is not given.
    pub line: fn(&[&str]) -> String,
}

/// Something that a form asks for.
#[derive(Debug)]
pub struct Field {
    /// Its name in the page.
    pub id: &'static str,
    label: [&'static str; 2],
    /// What can be given.
    pub kind: Kind,
}

/// What can be given in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The id of a store that does not exist yet.
    NewStore,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A zone; none need be given.
    Zone,
    /// Where a new store listens; one is found where none is given.
    Address,
    /// A region.
    Region,
    /// A table.
    Table,
    /// The name of a table that does not exist yet.
    NewTable,
    /// A number, and which it is at first.
    Number(&'static str),
}

/// The grammar's word for TiFlash.
const TIFLASH: &str = "tiflash";

/// All forms, in the order in which they are shown.
pub const FORMS: &[Form] = &[
    Form {
        id: "store",
        title: ["Add a store", "新增 store"],
        fields: &[
            field("id", "Id", "编号", Kind::NewStore),
            field("engine", "Engine", "引擎", Kind::OneOf(&["tikv", TIFLASH])),
            field("zone", "Zone (may stay empty)", "可用区（可不填）", Kind::Zone),
            field("address", "Address", "地址", Kind::Address),
        ],
        line: store_line,
    },
    Form {
        id: "table",
        title: ["Create a table", "新建表"],
        fields: &[field("name", "Name", "表名", Kind::NewTable)],
        line: |values| format!("CREATE TABLE {};", values[0]),
    },
    Form {
        id: "split",
        title: ["Split a region", "分裂 Region"],
        fields: &[
            field("region", "Region", "Region", Kind::Region),
            field("policy", "Where", "位置", Kind::OneOf(&["scan", "approximate"])),
        ],
        line: |values| {
            format!("pd-ctl operator add split-region {} --policy={}", values[0], values[1])
        },
    },
    Form {
        id: "replicas",
        title: ["TiFlash replicas of a table", "表的 TiFlash 副本"],
        fields: &[
            field("table", "Table", "表", Kind::Table),
            field("count", "Replicas", "副本数", Kind::Number("1")),
        ],
        line: |values| format!("ALTER TABLE {} SET TIFLASH REPLICA {};", values[0], values[1]),
    },
    Form {
        id: "spread",
        title: ["Split a table into regions", "将表切分为多个 Region"],
        fields: &[
            field("table", "Table", "表", Kind::Table),
            field("rows", "Rows", "行数", Kind::Number("10000")),
            field("regions", "Regions", "Region 数", Kind::Number("4")),
        ],
        line: |values| {
            let [table, rows, regions] = values else { return String::new() };
            format!("SPLIT TABLE {table} BETWEEN (0) AND ({rows}) REGIONS {regions};")
        },
    },
    Form {
        id: "drop",
        title: ["Drop a table", "删除表"],
        fields: &[field("table", "Table", "表", Kind::Table)],
        line: |values| format!("DROP TABLE {};", values[0]),
    },
];

const fn field(id: &'static str, en: &'static str, zh: &'static str, kind: Kind) -> Field {
    Field { id, label: [en, zh], kind }
}

fn store_line(values: &[&str]) -> String {
    let [id, engine, zone, address] = values else {
        unreachable!("the form asks for four things");
    };
    let zone = if zone.is_empty() { String::new() } else { format!(" zone {zone}") };
    format!("add store {id} {engine}{zone} address {address}")
}

impl Form {
    /// What it does.
    pub fn title(&self, lang: Lang) -> &'static str {
        lang.pick(self.title[0], self.title[1])
    }

    /// The values that it begins with in a world.
    pub fn values(&self, view: &ClusterView) -> Vec<String> {
        self.fields.iter().map(|field| field.first(view)).collect()
    }

    /// The line that `values` come to in a world.
    pub fn line_of(&self, values: &[String], view: &ClusterView) -> String {
        let is_flash = values.iter().any(|value| value == TIFLASH);
        let engine = if is_flash { Engine::TiFlash } else { Engine::TiKv };
        let address = free_address(&view.matrix.lanes, engine);
        let given = self.fields.iter().zip(values).map(|(field, value)| match field.kind {
            Kind::Address if value.trim().is_empty() => address.as_str(),
            Kind::Address
            | Kind::NewStore
            | Kind::OneOf(_)
            | Kind::Zone
            | Kind::Region
            | Kind::Table
            | Kind::NewTable
            | Kind::Number(_) => value.trim(),
        });
        (self.line)(&given.collect::<Vec<_>>())
    }
}

impl Field {
    /// What it asks for.
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.pick(self.label[0], self.label[1])
    }

    /// What can be chosen in a world, each with what stands beside it; nothing where anything can
    /// be given.
    pub fn choices(&self, view: &ClusterView) -> Vec<(String, String)> {
        match self.kind {
            Kind::OneOf(words) => words.iter().map(|w| ((*w).to_owned(), String::new())).collect(),
            Kind::Region => {
                let rows = view.matrix.rows.iter();
                let of = |table: Option<&str>| table.unwrap_or_default().to_owned();
                rows.map(|row| (row.region.to_string(), of(row.table.as_deref()))).collect()
            }
            Kind::Table => {
                view.tables.iter().map(|table| (table.name.to_string(), String::new())).collect()
            }
            Kind::NewStore | Kind::Zone | Kind::Address | Kind::NewTable | Kind::Number(_) => {
                Vec::new()
            }
        }
    }

    fn first(&self, view: &ClusterView) -> String {
        match self.kind {
            Kind::NewStore => free_id(&view.matrix.lanes).to_string(),
            Kind::Zone => view.matrix.lanes.first().map_or(String::new(), |l| l.zone.clone()),
            Kind::Address => String::new(),
            Kind::NewTable => free_table(&view.tables),
            Kind::Number(first) => first.to_owned(),
            Kind::OneOf(_) | Kind::Region | Kind::Table => {
                self.choices(view).into_iter().next().map_or(String::new(), |(value, _)| value)
            }
        }
    }
}

crate::words! {
    /// The words around the forms.
    pub enum BuildWord {
        /// The sheet.
        Build: "Build the cluster", "搭建集群";
        /// Before the line.
        ComesTo: "Comes to the command", "对应命令";
        /// Carries it out.
        Do: "Do it", "执行";
        /// What stands in an empty field for an address.
        OwnAddress: "one of its own", "自动分配";
        /// Where to begin.
        Begin: "Every form comes to a command that could be typed, for the worlds that the console \
                is set to.",
            "每个表单都对应一条可在控制台输入的命令，作用于控制台所选的世界。";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Projector;
    use crate::answer::scene;

    #[test]
    fn every_form_comes_to_a_line_with_what_it_begins_with() {
        let view = Projector::default().project(&scene::healthy());
        let lines: Vec<String> =
            FORMS.iter().map(|form| form.line_of(&form.values(&view), &view)).collect();
        assert_eq!(
            lines,
            [
                "add store 5 tikv zone dc1 address 10.0.9.1:20160",
                "CREATE TABLE test.t1;",
                "pd-ctl operator add split-region 20 --policy=scan",
                "ALTER TABLE test.t SET TIFLASH REPLICA 1;",
                "SPLIT TABLE test.t BETWEEN (0) AND (10000) REGIONS 4;",
                "DROP TABLE test.t;",
            ]
        );
    }

    #[test]
    fn a_tiflash_store_gets_an_address_with_its_port() {
        let view = Projector::default().project(&scene::healthy());
        let values = ["9", "tiflash", "", ""].map(str::to_owned);
        assert_eq!(FORMS[0].line_of(&values, &view), "add store 9 tiflash address 10.0.9.1:3930");
    }
}
