//! The words of the inspectors.

use crate::thing::Thing;

crate::words! {
    /// An inspector: a tab of the side panel.
    pub enum Tab {
        /// What just happened, who believes what, TiFlash replicas.
        Story: "Story", "经过";
        /// One region.
        Region: "Region", "Region";
        /// One store.
        Store: "Store", "Store";
        /// PD.
        Pd: "PD", "PD";
        /// Unsafe recovery.
        Recovery: "Recovery", "Recovery";
        /// Tables and their TiFlash replicas.
        Tables: "Tables", "表";
        /// Time series, and what clients feel.
        Metrics: "Metrics", "指标";
        /// Invariants.
        Laws: "Laws", "不变量";
        /// The log.
        Log: "Log", "日志";
    }
}

#[expect(clippy::derivable_impls, reason = "the macro has no place for a default")]
impl Default for Tab {
    fn default() -> Tab {
        Tab::Story
    }
}

impl Tab {
    /// The tab that shows a thing.
    pub fn of(thing: Thing) -> Tab {
        match thing {
            Thing::Region(_) | Thing::Peer(..) => Tab::Region,
            Thing::Store(_) => Tab::Store,
            Thing::Table(_) => Tab::Tables,
            Thing::Pd => Tab::Pd,
        }
    }

    /// Its name in the document.
    pub fn tag(self) -> &'static str {
        match self {
            Tab::Story => "story",
            Tab::Region => "region",
            Tab::Store => "store",
            Tab::Pd => "pd",
            Tab::Recovery => "recovery",
            Tab::Tables => "tables",
            Tab::Metrics => "metrics",
            Tab::Laws => "laws",
            Tab::Log => "log",
        }
    }
}

crate::words! {
    /// Something that an inspector says.
    pub enum InspectWord {
        /// The tabs.
        Inspectors: "Inspectors", "检视面板";
        /// The tab stays whatever is selected.
        Pin: "Keep this tab open", "固定此标签页";
        /// The table and the keys.
        Range: "Table and keys", "表与键范围";
        /// The first key.
        StartKey: "start key", "起始 key";
        /// The first key after.
        EndKey: "end key", "结束 key";
        /// About how large.
        Size: "size", "大小";
        /// What clients have written.
        Rows: "rows inserted", "已插入的行";
        /// Versions of members and range.
        Epoch: "Epoch (version · conf_ver)", "Epoch（version · conf_ver）";
        /// The leader's.
        OfLeader: "leader", "leader";
        /// PD's.
        OfPd: "PD", "PD";
        /// Not led.
        NoLeader: "nobody leads", "无 leader";
        /// Raft, peer by peer.
        RaftState: "Raft state by peer", "各 Peer 的 Raft 状态";
        /// Role in Raft.
        RaftRole: "role", "角色";
        /// Term.
        Term: "term", "term";
        /// Vote.
        Vote: "vote", "vote";
        /// First and last entry.
        LogRange: "log", "日志";
        /// Up to where it has applied, of how far it knows to be committed.
        AppliedOfCommit: "applied/commit", "applied/commit";
        /// Asleep.
        Asleep: "asleep", "休眠";
        /// Has no data yet.
        Bare: "no data yet", "尚无数据";
        /// Process does not run.
        NotRunning: "not running", "未运行";
        /// No such peer.
        NotThere: "not there", "不在此";
        /// A change of membership is under way.
        PendingConf: "conf change pending", "成员变更待应用";
        /// The leader's view of the others' logs.
        Progress: "Leader’s progress", "leader 的 progress";
        /// Nothing is sent.
        Paused: "paused", "暂停";
        /// Not heard of in the election timeout.
        Silent: "silent", "无响应";
        /// Members by half.
        Configuration: "Configuration", "成员配置";
        /// The half that is to be.
        Incoming: "voters (incoming)", "voter（incoming）";
        /// The half that was.
        Outgoing: "voters (outgoing)", "voter（outgoing）";
        /// Voters.
        Voters: "voters", "voter";
        /// Learners.
        Learners: "learners", "learner";
        /// Going into another region.
        Merging: "merging into", "正合并入";
        /// What PD does about it.
        PdPlans: "What PD does about it", "PD 的处理";
        /// The rules' fit.
        Fit: "fit", "契合";
        /// Members no rule wants.
        Orphans: "orphans", "孤儿（orphan）";
        /// Fits.
        Fits: "fits its rules", "满足规则";
        /// Not heard of for ten minutes.
        DownPeers: "down", "down";
        /// Only a snapshot can help.
        PendingPeers: "pending", "pending";
        /// The operator.
        Operator: "operator", "operator";
        /// Why nothing happens.
        Blocked: "no repair", "无法修复";
        /// Not in PD's cache.
        NotInCache: "not in PD’s cache", "不在 PD 缓存中";
        /// The process.
        Process: "Process", "进程";
        /// Whether it runs.
        State: "state", "状态";
        /// Runs.
        Running: "running", "运行中";
        /// Does not run.
        Stopped: "stopped", "已停止";
        /// Stalls.
        Stalled: "paused (SIGSTOP)", "已暂停（SIGSTOP）";
        /// Lost its disk.
        DiskLost: "disk lost", "磁盘丢失";
        /// Its machine is another store now.
        ReplacedBy: "replaced by", "被取代为";
        /// What is wrong with it.
        Faults: "faults", "故障";
        /// The address.
        Address: "address", "地址";
        /// Labels.
        Labels: "labels", "标签";
        /// PD's record.
        PdRecord: "PD’s record", "PD 的记录";
        /// None: erased or never registered.
        NoRecord: "no record: PD answers “not found”", "无记录：PD 回答 “not found”";
        /// Last heartbeat.
        LastHeartbeat: "last heartbeat", "上次心跳";
        /// Never.
        Never: "never", "从未";
        /// How long ago.
        Ago: "ago", "前";
        /// Regions.
        Regions: "regions", "region";
        /// Addresses and connections.
        Resolver: "Resolver and connections", "地址缓存与连接";
        /// Age of an entry.
        Age: "age of 60 s", "缓存年龄（60 秒）";
        /// Connection.
        Connection: "connection", "连接";
        /// Messages that wait.
        Queued: "queued", "排队";
        /// Counters.
        Resolves: "tikv_server_resolve_store_total", "tikv_server_resolve_store_total";
        /// Connected.
        Connected: "connected", "已连接";
        /// No connection.
        NoConnection: "no connection", "无连接";
        /// Nothing to show.
        Nothing: "none", "无";
        /// Peers.
        Peers: "Peers", "Peer";
        /// Leads them.
        Leads: "leads", "leader";
        /// Tombstones.
        Graves: "tombstones", "墓碑（tombstone）";
        /// Members elsewhere believed to be here.
        Expected: "members that are not there", "应有但不在此";
        /// PD's life.
        Service: "Service", "服务";
        /// Serves.
        Serving: "serving", "服务中";
        /// Has no leader.
        Electing: "no leader", "无 leader";
        /// PD without its disks, or with another cluster's id.
        OtherCluster: "not this cluster's", "不属于本集群";
        /// Does not act.
        Halted: "scheduling halted", "调度暂停";
        /// Acts.
        Active: "scheduling", "调度中";
        /// Cache against truth.
        Cache: "Region cache against the leaders", "Region 缓存与 leader 对照";
        /// All agree.
        AllAgree: "PD and leaders agree", "PD 与 leader 一致";
        /// In the cache and with a leader, as PD has it.
        CacheHas: "PD has", "PD 缓存";
        /// What is so.
        TruthIs: "leader has", "leader 配置";
        /// Rules.
        Rules: "Rules and fits", "规则与契合";
        /// How many a rule wants.
        Wants: "wants", "要求";
        /// Operators.
        Operators: "Operators", "Operator";
        /// Step.
        Step: "step", "步骤";
        /// Repairs that PD does not find.
        Repairs: "Repairs that PD does not find", "PD 找不到的修复";
        /// Reason.
        Reason: "reason", "原因";
        /// Store list.
        Stores: "Store list", "Store 列表";
        /// Stages.
        Stages: "Stages", "阶段";
        /// Stores' plans and reports.
        Plans: "Plans and reports of this round", "本轮计划与上报";
        /// A plan.
        Plan: "plan", "计划";
        /// A report.
        Report: "report", "上报";
        /// Not sent yet.
        NotSent: "not sent", "未下发";
        /// Sent.
        Sent: "sent", "已下发";
        /// Reported.
        Reported: "reported", "已上报";
        /// A plan that only asks for a report.
        OnlyReport: "report only", "仅上报";
        /// Empty regions to create.
        Creates: "create", "创建";
        /// Peers to destroy.
        Destroys: "tombstone", "销毁";
        /// Leaders to force.
        Forces: "force leader", "强制 leader";
        /// Members to demote.
        Demotes: "demote", "降级";
        /// When it gives up.
        Deadline: "gives up at", "超时时刻";
        /// The first error.
        Error: "error", "错误";
        /// Held back.
        HeldBack: "held back", "暂缓";
        /// Regions without a replica.
        Missing: "missing", "缺失";
        /// By region.
        ByRegion: "TiFlash replicas by region", "各 Region 的 TiFlash 副本";
        /// By store.
        ByStore: "By TiFlash store", "按 TiFlash store";
        /// On.
        On: "on", "位于";
        /// The rule.
        Rule: "The rule written to PD", "写入 PD 的规则";
        /// No rule.
        NoRule: "no rule", "无规则";
        /// What speaks against a change.
        Health: "What speaks against changing its replicas now", "此刻变更副本的障碍";
        /// Nothing.
        Healthy: "nothing", "无";
        /// What clients feel.
        Clients: "What clients feel", "客户端感受";
        /// Writes.
        Writes: "writes", "写";
        /// Reads.
        Reads: "reads", "读";
        /// TiFlash queries.
        Queries: "TiFlash queries", "TiFlash 查询";
        /// Served.
        Answered: "answered", "成功";
        /// Acknowledged and gone.
        Lost: "acknowledged writes lost", "已确认却丢失的写入";
        /// No client asks.
        NoClients:
            "No client asks for anything. Type “load all 1/s” in the console to let some.",
            "没有客户端请求。在控制台输入 “load all 1/s” 以产生负载。";
        /// Safety laws.
        Safety: "Safety: holds at any time", "安全性：任何时刻成立";
        /// Liveness laws.
        Liveness: "Liveness: comes to hold", "活性：最终成立";
        /// Holds.
        Holds: "holds", "成立";
        /// Does not hold.
        Broken: "broken", "被违反";
        /// Not now.
        NotYet: "not now", "尚未成立";
        /// Facts of another moment.
        AsOf: "These facts are still of", "以下状态仍取自";
    }
}
