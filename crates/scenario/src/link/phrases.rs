//! The phrases that a link need not spell out.
//!
//! Links outlive editions: what stands here keeps its place for ever, and new phrases go to the
//! end. How many arguments a verb takes as a rule is never changed either.

/// The phrases. The first 157 take one byte, the others two or three.
#[rustfmt::skip] // A table; broken over lines it cannot be read as one.
pub(super) const PHRASES: &[&str] = &[
    // What lines begin with.
    "stop store ", "start store ", "pause store ", "resume store ", "pause apply of ",
    "resume apply of ", "slow disk of ", "skew clock of ", "lose disk of ", "cut ", "delay ",
    "drop ", "duplicate ", "reorder ", "heal", "heal ", "add store ", "load all ", "load off",
    "load ", "read all ", "read off", "read ", "query all ", "query off", "query ", "stop pd",
    "start pd", "lose pd leader", "pd-server --force-new-cluster", "pd-recover --from-old-member",
    "pd-ctl member leader resign", "pd-ctl unsafe remove-failed-stores ",
    "pd-ctl unsafe remove-failed-stores show", "pd-ctl unsafe remove-failed-stores --auto-detect",
    "pd-ctl unsafe remove-failed-stores abort", "pd-ctl store", "pd-ctl store ",
    "pd-ctl store delete ", "pd-ctl store cancel-delete ", "pd-ctl store remove-tombstone",
    "pd-ctl store check ", "pd-ctl store --state=",
    "curl -X DELETE http://127.0.0.1:2379/pd/api/v1/store/",
    "curl http://pd:2379/pd/api/v1/replication_mode/status", "pd-ctl region", "pd-ctl region ",
    "pd-ctl region key ", "pd-ctl region store ", "pd-ctl region check ", "pd-ctl operator show",
    "pd-ctl operator show ", "pd-ctl operator check ", "pd-ctl operator remove ",
    "pd-ctl operator add remove-peer ", "pd-ctl operator add add-learner ",
    "pd-ctl operator add add-peer ", "pd-ctl operator add transfer-peer ",
    "pd-ctl operator add transfer-region ", "pd-ctl operator add transfer-leader ",
    "pd-ctl operator add split-region ", "pd-ctl operator add merge-region ",
    "pd-ctl config set max-replicas ", "pd-ctl config set max-store-down-time ",
    "pd-ctl config set halt-scheduling true", "pd-ctl config set halt-scheduling false",
    "pd-ctl config set replication-mode ", "pd-ctl config show replication",
    "pd-ctl config placement-rules show", "pd-ctl config placement-rules rule-group show",
    "ALTER TABLE ", "SELECT * FROM information_schema.", "SHOW TABLE ", "precheck ", "metrics",
    "metrics pd", "metrics store ", "faults", "help", "wait ", "wait until ", "healthy ",
    "tikv-test ",
    // What goes on with them.
    " ", ",", "s", "m", "h", "ms", "s ", "m ", "@", " -> ", " <-> ", ";", "/s", "/min", "%",
    "off", " by ", " by -", " pd", "pd", " tikv", " tiflash", " zone ", " address ", " label ",
    " region ", " --auto-detect", " --timeout ", " --plan-execution-timeout ",
    " --disable-paranoid-check", "?force", " --policy=", "approximate", "scan", "usekey",
    " --keys=", "dr-auto-sync", "dr-auto-sync ", "majority", "label-key ", "primary ", "dr ",
    "primary-replicas ", "dr-replicas ", "wait-store-timeout ", " --group=",
    " SET TIFLASH REPLICA ", " WHERE ", " = ", "tiflash_replica", "tikv_region_peers",
    "tikv_region_status", "tikv_store_status", " REGIONS;", " for at most ", "recovery finished",
    "recovery failed", "available ", "no learners ", "disconnected ", "all regions led", "store ",
    " is ", "unknown", "Up", "Offline", "Tombstone", " black-lists ", "ghosts at least ",
    "failed resolves at least ", "needless loops at least ", "tpcc.stock", "tpcc.item",
    "tpcc.order_line",
    // From here on two bytes each; these are what scenario files are made of.
    "tpcc.orders", "test.t", "test.orders", "MsgAppend", "MsgHeartbeat", "MsgSnapshot",
    "MsgAppendResponse", "MsgRequestVote", "tikv-18440", " tikv zone ", " tiflash zone ",
    "\nstore ", " heartbeat ", " offline", " tombstone", " stopped", "\ntable ", " available",
    "\nregion ", " table ", " rows ", "..", " index", " keys ", " leader ", " version ",
    " conf_ver ", " size ", "\n    voters ", " learners ", " missing ", " destroyed ",
    "\n    learners ", "scenario ", "\ntitle en ", "\ntitle zh ", "\nopening en ",
    "\nopening zh ", "\nseed ", "\nend ", "\nreleases ", "\n\nmax-replicas ", "\ncores ",
    "\n\nstep\n", "\n\noptional step\n", "\ntext en ", "\ntext zh ", "\n    ", "\n    not ",
    "\n\nexpect ", "title en ", "title zh ", "text en ", "text zh ", " label host ",
    "7480000000000000FF", "tikv-test plan ", " force-leader ", " failed ", " create ", " demote ",
    ":learner", " step ", "tikv-test exit-force-leader ", "tikv-test put ", "tikv-test get ",
    "tikv-test read-index ", "tikv-test compact-log ", "tikv-test change-peer ",
    "tikv-test leave-joint ", " add-voter ", " add-learner ", " remove ",
    "CREATE TABLE ", "DROP TABLE ", "SPLIT TABLE ", "IF NOT EXISTS ", "IF EXISTS ", " BETWEEN (",
    ") AND (", ") REGIONS ", " BY (", "),(", ");", "pd-ctl config set max-merge-region-keys ",
    "pd-ctl config set max-merge-region-size ", "pd-ctl config set split-merge-interval ",
    "SELECT COUNT(*) FROM ", "SELECT /*+ READ_FROM_STORAGE(TIFLASH[", "]) */ COUNT(*) FROM ",
];

/// How many pieces follow this phrase as a rule, where a line begins with it: such lines need not
/// say of how many pieces they are.
pub(super) fn arity(phrase: &str) -> u64 {
    match phrase {
        "ALTER TABLE " => 4,
        "pd-ctl operator add transfer-peer " => 3,
        "cut " => 2,
        _ if phrase.starts_with("pd-ctl operator add ") => 2,
        _ => u64::from(phrase.ends_with(' ')),
    }
}
