//! The tables of `information_schema` that show stores, regions and TiFlash replicas: their names
//! and columns. What stands in them is the view's to fill.
//! TiDB: `pkg/infoschema/tables.go`.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InfoTable {
    /// The tables with TiFlash replicas.
    TiflashReplica,
    /// Every member of every region, as PD has it.
    TikvRegionPeers,
    /// Every region, as PD has it.
    TikvRegionStatus,
    /// Every store, as PD has it.
    TikvStoreStatus,
}

/// A column: its name, and whether it holds numbers, which the mysql client aligns to the right.
pub type Column = (&'static str, bool);

impl InfoTable {
    /// All of them.
    pub const ALL: [InfoTable; 4] = [
        InfoTable::TiflashReplica,
        InfoTable::TikvRegionPeers,
        InfoTable::TikvRegionStatus,
        InfoTable::TikvStoreStatus,
    ];

    /// Its name in `information_schema`, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            InfoTable::TiflashReplica => "tiflash_replica",
            InfoTable::TikvRegionPeers => "tikv_region_peers",
            InfoTable::TikvRegionStatus => "tikv_region_status",
            InfoTable::TikvStoreStatus => "tikv_store_status",
        }
    }

    /// Its columns in order, as of 8.5.
    pub fn columns(self) -> &'static [Column] {
        match self {
            InfoTable::TiflashReplica => &TIFLASH_REPLICA,
            InfoTable::TikvRegionPeers => &REGION_PEERS,
            InfoTable::TikvRegionStatus => &REGION_STATUS,
            InfoTable::TikvStoreStatus => &STORE_STATUS,
        }
    }

    /// The position of a column; names compare without case.
    pub fn column(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|(column, _)| column.eq_ignore_ascii_case(name))
    }
}

const TIFLASH_REPLICA: [Column; 7] = [
    ("TABLE_SCHEMA", false),
    ("TABLE_NAME", false),
    ("TABLE_ID", true),
    ("REPLICA_COUNT", true),
    ("LOCATION_LABELS", false),
    ("AVAILABLE", true),
    ("PROGRESS", true),
];

const REGION_PEERS: [Column; 7] = [
    ("REGION_ID", true),
    ("PEER_ID", true),
    ("STORE_ID", true),
    ("IS_LEARNER", true),
    ("IS_LEADER", true),
    ("STATUS", false),
    ("DOWN_SECONDS", true),
];

const REGION_STATUS: [Column; 20] = [
    ("REGION_ID", true),
    ("START_KEY", false),
    ("END_KEY", false),
    ("TABLE_ID", true),
    ("DB_NAME", false),
    ("TABLE_NAME", false),
    ("IS_INDEX", true),
    ("INDEX_ID", true),
    ("INDEX_NAME", false),
    ("IS_PARTITION", true),
    ("PARTITION_ID", true),
    ("PARTITION_NAME", false),
    ("EPOCH_CONF_VER", true),
    ("EPOCH_VERSION", true),
    ("WRITTEN_BYTES", true),
    ("READ_BYTES", true),
    ("APPROXIMATE_SIZE", true),
    ("APPROXIMATE_KEYS", true),
    ("REPLICATIONSTATUS_STATE", false),
    ("REPLICATIONSTATUS_STATEID", true),
];

const STORE_STATUS: [Column; 19] = [
    ("STORE_ID", true),
    ("ADDRESS", false),
    ("STORE_STATE", true),
    ("STORE_STATE_NAME", false),
    ("LABEL", false),
    ("VERSION", false),
    ("CAPACITY", false),
    ("AVAILABLE", false),
    ("LEADER_COUNT", true),
    ("LEADER_WEIGHT", true),
    ("LEADER_SCORE", true),
    ("LEADER_SIZE", true),
    ("REGION_COUNT", true),
    ("REGION_WEIGHT", true),
    ("REGION_SCORE", true),
    ("REGION_SIZE", true),
    ("START_TS", false),
    ("LAST_HEARTBEAT_TS", false),
    ("UPTIME", false),
];
