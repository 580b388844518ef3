//! What can be typed: for completion, for `help`, and for "did you mean".

/// Where a verb comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// PD's command line, pd-ctl.
    PdCtl,
    /// PD's server and its recovery tool.
    PdServer,
    /// A SQL client.
    Sql,
    /// TiKV's own tests: what no operator can do.
    TikvTest,
    /// The playground: what happens to machines, networks and clients.
    Playground,
    /// A script that lets time pass.
    Script,
}

/// One thing that can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    /// Its fixed words, e.g. `unsafe remove-failed-stores`.
    pub text: &'static str,
    /// A sketch of what follows, e.g. `STORE,… [--timeout SECONDS]`.
    pub arguments: &'static str,
    /// Whose verb it is.
    pub tool: Tool,
    /// What it does, in English.
    pub en: &'static str,
    /// What it does, in Chinese.
    pub zh: &'static str,
}

impl Verb {
    const fn new(
        tool: Tool,
        text: &'static str,
        arguments: &'static str,
        en: &'static str,
        zh: &'static str,
    ) -> Verb {
        Verb { text, arguments, tool, en, zh }
    }
}

/// All of them, in the order in which `help` tells them.
#[rustfmt::skip] // A table; broken over lines it cannot be read as one.
pub const VERBS: &[Verb] = &[
    Verb::new(Tool::Playground, "stop store", "STORE,…",
        "end the processes; their disks stay", "停止进程，磁盘数据保留"),
    Verb::new(Tool::Playground, "start store", "STORE,…",
        "start stopped processes again", "重新启动已停止的进程"),
    Verb::new(Tool::Playground, "add store", "STORE tikv|tiflash [zone ZONE] address HOST:PORT",
        "a new machine joins the cluster", "新增一个 store"),
    Verb::new(Tool::Playground, "pause store", "STORE,…",
        "the processes stall; what arrives waits", "进程停顿，消息在门口排队"),
    Verb::new(Tool::Playground, "resume store", "STORE,…",
        "stalled processes go on, late", "停顿的进程继续运行"),
    Verb::new(Tool::Playground, "pause apply of", "STORE",
        "the store applies nothing of what is committed", "暂停应用已提交的日志"),
    Verb::new(Tool::Playground, "resume apply of", "STORE",
        "it applies what has waited", "恢复应用日志"),
    Verb::new(Tool::Playground, "slow disk of", "STORE by SPAN",
        "writes to the store's disk take this long", "磁盘写入变慢"),
    Verb::new(Tool::Playground, "skew clock of", "STORE by [-]SPAN",
        "the store's wall clock is off", "store 的墙上时钟偏移"),
    Verb::new(Tool::Playground, "lose disk of", "STORE",
        "a stopped store loses every peer on it", "已停止的 store 丢失磁盘上的全部 Peer"),
    Verb::new(Tool::Playground, "cut", "STORE,… [->] STORE,…|pd",
        "no message passes between the two groups", "切断两组 store 之间的网络"),
    Verb::new(Tool::Playground, "delay", "STORE,… [<->] STORE,… SPAN",
        "messages from the first group to the second take longer", "第一组发往第二组的消息变慢"),
    Verb::new(Tool::Playground, "drop", "[RATE%] [MSG] [region REGION] STORE,… [<->] STORE,…",
        "some messages are lost", "按比例丢弃消息"),
    Verb::new(Tool::Playground, "duplicate", "[RATE%] [MSG] [region REGION] STORE,… [<->] STORE,…",
        "some messages arrive twice", "按比例重复消息"),
    Verb::new(Tool::Playground, "reorder", "[RATE%] [MSG] [region REGION] STORE,… [<->] STORE,…",
        "some messages are overtaken by later ones", "按比例打乱消息的先后"),
    Verb::new(Tool::Playground, "heal", "[STORE,… [->] STORE,…]",
        "take away every fault, or those between two groups", "撤销所有故障，或两组之间的故障"),
    Verb::new(Tool::Playground, "faults", "",
        "the faults in force", "查看当前的故障"),
    Verb::new(Tool::Playground, "load", "TABLE,…|all RATE|off",
        "clients write to every region of the tables", "客户端向这些表的每个 Region 写入"),
    Verb::new(Tool::Playground, "read", "TABLE,…|all RATE|off",
        "clients read from every region of the tables", "客户端读取这些表的每个 Region"),
    Verb::new(Tool::Playground, "query", "TABLE,…|all RATE|off",
        "clients query whole tables, from TiFlash only", "客户端查询整张表，只走 TiFlash"),
    Verb::new(Tool::Playground, "stop pd", "",
        "end PD's processes", "停止 PD 进程"),
    Verb::new(Tool::Playground, "start pd", "",
        "start PD's processes again", "重新启动 PD"),
    Verb::new(Tool::Playground, "lose pd leader", "",
        "the process that leads PD is gone; another takes over", "PD leader 进程丢失，由其他成员接管"),
    Verb::new(Tool::Playground, "lose pd disks", "",
        "a stopped PD loses everything it has written down", "已停止的 PD 丢失磁盘上的全部元数据"),
    Verb::new(Tool::PdServer, "pd-server --force-new-cluster", "",
        "start one member of a stopped PD alone", "仅用一个成员强制启动已停止的 PD"),
    Verb::new(Tool::PdServer, "pd-recover --from-old-member", "",
        "take the stores off PD's disk; restart PD then", "修复 PD 元数据并清除 store 记录，之后需重启 PD"),
    Verb::new(Tool::PdServer, "pd-recover --cluster-id", "N --alloc-id N",
        "give a PD that lost its disks the old identity; restart PD then",
        "为丢失全部磁盘的 PD 恢复 cluster ID，之后需重启 PD"),
    Verb::new(Tool::PdCtl, "member leader resign", "",
        "let another member lead PD", "让 PD leader 主动让位"),
    Verb::new(Tool::PdCtl, "unsafe remove-failed-stores", "STORE,… [--timeout SECONDS]",
        "give the stores up and recover without them", "放弃这些 store，强制恢复集群"),
    Verb::new(Tool::PdCtl, "unsafe remove-failed-stores --auto-detect", "",
        "give up every store that PD does not know", "放弃 PD 不认识的所有 store"),
    Verb::new(Tool::PdCtl, "unsafe remove-failed-stores show", "",
        "the stages of unsafe recovery", "查看 unsafe recovery 的各个阶段"),
    Verb::new(Tool::PdCtl, "store", "[STORE] [--state=STATE,…]",
        "the stores as PD has them", "查看 PD 记录的 store"),
    Verb::new(Tool::PdCtl, "store check", "up|offline|tombstone|disconnected|down",
        "the stores that PD shows by this name", "查看处于某一状态的 store"),
    Verb::new(Tool::PdCtl, "store delete", "STORE",
        "drain a store and remove it", "下线一个 store"),
    Verb::new(Tool::PdServer, "curl -X DELETE", "http://…/pd/api/v1/store/STORE?force",
        "remove a store whose machine is no more", "移除物理损毁的 store"),
    Verb::new(Tool::PdCtl, "store cancel-delete", "STORE",
        "call an Offline store back", "取消下线"),
    Verb::new(Tool::PdCtl, "store remove-tombstone", "",
        "erase the records of all Tombstone stores", "清除所有 Tombstone store 的记录"),
    Verb::new(Tool::PdCtl, "region", "[REGION]",
        "the regions in PD's cache", "查看 PD 缓存中的 Region"),
    Verb::new(Tool::PdCtl, "region key", "KEY",
        "the region that holds an encoded key", "查看某个编码后的 key 所在的 Region"),
    Verb::new(Tool::PdCtl, "region store", "STORE",
        "the regions with a peer on a store", "查看在某个 store 上有 Peer 的 Region"),
    Verb::new(Tool::PdCtl, "region check", "miss-peer|extra-peer|down-peer|pending-peer|…",
        "the regions with which something is the matter", "查看异常的 Region"),
    Verb::new(Tool::PdCtl, "operator show", "[admin|leader|region|replica|split]",
        "the operators under way", "查看正在执行的 operator"),
    Verb::new(Tool::PdCtl, "operator check", "REGION",
        "the operator of one region", "查看某个 Region 的 operator"),
    Verb::new(Tool::PdCtl, "operator add remove-peer", "REGION STORE",
        "take a region's peer off a store", "移除 Region 在某个 store 上的 Peer"),
    Verb::new(Tool::PdCtl, "operator add add-learner", "REGION STORE",
        "give a region a learner on a store", "在某个 store 上为 Region 添加 learner"),
    Verb::new(Tool::PdCtl, "operator add add-peer", "REGION STORE",
        "give a region a voter on a store", "在某个 store 上为 Region 添加 voter"),
    Verb::new(Tool::PdCtl, "operator add transfer-peer", "REGION FROM TO",
        "move a region's peer to another store", "把 Region 的 Peer 迁移到另一个 store"),
    Verb::new(Tool::PdCtl, "operator add transfer-region", "REGION STORE…",
        "refused where placement rules are on", "启用 Placement Rules 时不支持"),
    Verb::new(Tool::PdCtl, "operator add transfer-leader", "REGION STORE",
        "let the peer on a store lead", "把 leader 转移到某个 store"),
    Verb::new(Tool::PdCtl, "operator add split-region",
        "REGION [--policy=scan|approximate|usekey] [--keys=HEX,…]",
        "split a region in the middle, or at the keys", "在中间或指定的 key 处分裂 Region"),
    Verb::new(Tool::PdCtl, "operator add merge-region", "REGION REGION",
        "merge the first region into the second, its neighbour", "把前一个 Region 合并到相邻的后一个"),
    Verb::new(Tool::PdCtl, "operator remove", "REGION",
        "cancel a region's operator", "取消某个 Region 的 operator"),
    Verb::new(Tool::PdCtl, "scheduler show", "",
        "the schedulers that run", "查看正在运行的 scheduler"),
    Verb::new(Tool::PdCtl, "scheduler add", "evict-leader-scheduler STORE|balance-leader-scheduler",
        "take every leader off a store; let leaders be balanced",
        "驱逐某个 store 上的 leader，或均衡 leader"),
    Verb::new(Tool::PdCtl, "scheduler remove",
        "evict-leader-scheduler-STORE|balance-leader-scheduler",
        "let a store lead again; balance no more", "允许 store 重新承担 leader，或停止均衡"),
    Verb::new(Tool::PdCtl, "config set max-replicas", "COUNT",
        "change how many voters a region should have", "修改每个 Region 的副本数"),
    Verb::new(Tool::PdCtl, "config set replication-mode", "majority|dr-auto-sync [OPTION VALUE]",
        "let two data centres have everything, or a majority", "设置数据复制模式"),
    Verb::new(Tool::Playground, "curl http://pd:2379/pd/api/v1/replication_mode/status", "",
        "the state of DR Auto-Sync", "查看 DR Auto-Sync 的状态"),
    Verb::new(Tool::PdCtl, "config set halt-scheduling", "true|false",
        "keep PD from repairing and balancing", "让 PD 暂停一切调度"),
    Verb::new(Tool::PdCtl, "config set max-store-down-time", "SPAN",
        "after how much silence a store is Down", "修改 store 被判定为 Down 的时间"),
    Verb::new(Tool::PdCtl, "config set max-merge-region-size", "MIB",
        "merge regions that are no larger into a neighbour; 0 merges none",
        "合并不大于该值的 Region，0 表示不合并"),
    Verb::new(Tool::PdCtl, "config set max-merge-region-keys", "COUNT",
        "merge nothing that has more keys; 0 stands for 10000 a MiB of the size",
        "不合并 key 数超过该值的 Region，0 表示按大小换算"),
    Verb::new(Tool::PdCtl, "config set split-merge-interval", "SPAN",
        "merge nothing that was split more recently", "Region 分裂后多久才允许合并"),
    Verb::new(Tool::PdCtl, "config show replication", "",
        "how many replicas there are to be", "查看副本配置"),
    Verb::new(Tool::PdCtl, "config placement-rules show", "[--group=GROUP]",
        "the placement rules", "查看放置规则"),
    Verb::new(Tool::PdCtl, "config placement-rules rule-group show", "",
        "the groups of placement rules", "查看放置规则分组"),
    Verb::new(Tool::Sql, "ALTER TABLE", "TABLE SET TIFLASH REPLICA COUNT;",
        "ask for TiFlash replicas; 0 takes them away", "设置 TiFlash 副本数，0 表示删除"),
    Verb::new(Tool::Sql, "CREATE TABLE", "[IF NOT EXISTS] NAME;",
        "a new table, with a region of its own", "新建一张表，并为它分裂出一个 Region"),
    Verb::new(Tool::Sql, "DROP TABLE", "[IF EXISTS] TABLE;",
        "forget a table; its keys go with the garbage collection", "删除一张表，其数据随 GC 清除"),
    Verb::new(Tool::Sql, "SPLIT TABLE", "TABLE BETWEEN (N) AND (N) REGIONS COUNT;",
        "split a table's rows into regions of the same width", "把表的行均匀分裂成多个 Region"),
    Verb::new(Tool::Sql, "SPLIT TABLE", "TABLE BY (N),…;",
        "split a table before these rows", "在指定的行之前分裂表"),
    Verb::new(Tool::Sql, "SELECT * FROM information_schema.tiflash_replica", "[WHERE …];",
        "whether the TiFlash replicas are available", "查看 TiFlash 副本是否可用"),
    Verb::new(Tool::Sql, "SELECT * FROM information_schema.tikv_region_peers", "[WHERE …];",
        "every member of every region", "查看所有 Region 的 Peer"),
    Verb::new(Tool::Sql, "SELECT * FROM information_schema.tikv_region_status", "[WHERE …];",
        "every region and its table", "查看所有 Region 及其所属的表"),
    Verb::new(Tool::Sql, "SELECT * FROM information_schema.tikv_store_status", "[WHERE …];",
        "every store", "查看所有 store"),
    Verb::new(Tool::Sql, "SELECT COUNT(*) FROM", "TABLE;",
        "how many rows clients have inserted, read from TiKV", "读取 TiKV，统计客户端插入的行数"),
    Verb::new(Tool::Sql, "SELECT /*+", "READ_FROM_STORAGE(TIFLASH[NAME]) */ count(*) from TABLE;",
        "the same, read from TiFlash", "读取 TiFlash，统计客户端插入的行数"),
    Verb::new(Tool::Sql, "SHOW TABLE", "TABLE REGIONS;",
        "the regions of a table", "查看表的 Region"),
    Verb::new(Tool::Playground, "precheck", "TABLE",
        "what speaks against changing a table's replicas now", "检查表此刻是否适合变更副本"),
    Verb::new(Tool::Playground, "metrics pd", "",
        "the gauges that PD exports", "查看 PD 的监控指标"),
    Verb::new(Tool::TikvTest, "tikv-test plan", "STORE [force-leader|create|tombstone|demote …]",
        "hand a store a plan of unsafe recovery", "直接给 store 下发恢复计划"),
    Verb::new(Tool::TikvTest, "tikv-test exit-force-leader", "REGION STORE",
        "end a peer's force leader", "让 Peer 退出 force leader"),
    Verb::new(Tool::TikvTest, "tikv-test change-peer",
        "REGION add-voter|add-learner|remove PEER@STORE …",
        "change a region's members, whatever the rules say", "不顾放置规则，直接变更成员"),
    Verb::new(Tool::TikvTest, "tikv-test leave-joint", "REGION",
        "leave a joint configuration", "退出 joint 状态"),
    Verb::new(Tool::TikvTest, "tikv-test put", "REGION",
        "one write to the region's leader", "向 Region 的 leader 写一次"),
    Verb::new(Tool::TikvTest, "tikv-test get", "REGION",
        "one read from the region's leader", "从 Region 的 leader 读一次"),
    Verb::new(Tool::TikvTest, "tikv-test read-index", "REGION",
        "ask the region's leader for its read index", "向 leader 请求 read index"),
    Verb::new(Tool::TikvTest, "tikv-test compact-log", "REGION",
        "cut the region's log behind what is applied", "截断 Region 已 apply 的日志"),
    Verb::new(Tool::Script, "wait", "SPAN",
        "let time pass", "等待一段时间"),
    Verb::new(Tool::Script, "wait until recovery finished", "[for at most SPAN]",
        "wait for unsafe recovery", "等待 unsafe recovery 结束"),
    Verb::new(Tool::Script, "wait until available", "TABLE [for at most SPAN]",
        "wait for a table's TiFlash replicas", "等待表的 TiFlash 副本可用"),
    Verb::new(Tool::Script, "wait until no learners", "TABLE [for at most SPAN]",
        "wait until no region of the table has a learner", "等待表的 Region 中没有 learner"),
    Verb::new(Tool::Script, "wait until healthy", "TABLE [for at most SPAN]",
        "wait until precheck finds nothing", "等待 precheck 全部通过"),
    Verb::new(Tool::Script, "wait until disconnected", "STORE,… [for at most SPAN]",
        "wait until PD misses the stores' heartbeats", "等待 PD 判定这些 store 失联"),
    Verb::new(Tool::Script, "wait until recovery failed", "[for at most SPAN]",
        "wait until unsafe recovery has failed", "等待 unsafe recovery 失败"),
    Verb::new(Tool::Script, "wait until all regions led", "[for at most SPAN]",
        "wait until every region has a leader", "等待每个 Region 都有 leader"),
    Verb::new(Tool::Script, "wait until store", "STORE is STATE [for at most SPAN]",
        "wait until PD's record says so", "等待 PD 把 store 记为该状态"),
    Verb::new(Tool::Script, "wait until", "STORE black-lists STORE [for at most SPAN]",
        "wait until a store refuses to dial another", "等待一个 store 将另一个拉黑"),
    Verb::new(Tool::Script, "wait until ghosts at least", "N [for at most SPAN]",
        "wait until so many members will never answer", "等待出现这么多 ghost"),
    Verb::new(Tool::Script, "wait until failed resolves at least", "N [for at most SPAN]",
        "wait until so many resolves gave no address", "等待这么多次解析失败"),
    Verb::new(Tool::Script, "wait until needless loops at least", "N [for at most SPAN]",
        "wait until so many stores ask for one they have no member on",
        "等待出现至少 N 个已无人需要的解析循环"),
    Verb::new(Tool::Playground, "metrics", "[store STORE]",
        "what stores count of resolves and dropped messages", "查看 store 的地址解析与丢弃消息计数"),
    Verb::new(Tool::Script, "help", "", "this list", "显示本列表"),
];

/// The first words of pd-ctl's commands.
pub(super) const PD_FIRST_WORDS: &[&str] =
    &["config", "help", "member", "operator", "region", "scheduler", "store", "unsafe"];

/// The first words of everything.
pub(super) const FIRST_WORDS: &[&str] = &[
    "add",
    "alter",
    "config",
    "create",
    "curl",
    "cut",
    "delay",
    "drop",
    "duplicate",
    "faults",
    "heal",
    "help",
    "load",
    "lose",
    "member",
    "metrics",
    "operator",
    "pause",
    "pd-recover",
    "pd-server",
    "precheck",
    "query",
    "read",
    "region",
    "reorder",
    "resume",
    "scheduler",
    "select",
    "show",
    "skew",
    "slow",
    "split",
    "start",
    "stop",
    "store",
    "tikv-test",
    "unsafe",
    "wait",
];

/// The verbs that `typed`, the beginning of a line, can still become; `pd-ctl` in front is fine.
pub fn completions(typed: &str) -> impl Iterator<Item = &'static Verb> {
    let typed = typed.trim_start();
    let typed = typed.strip_prefix("pd-ctl").map_or(typed, str::trim_start).to_lowercase();
    VERBS.iter().filter(move |verb| verb.text.to_lowercase().starts_with(&typed))
}

/// Which of `verbs` look most like `word`: begun with it, or at most two letters off, which is
/// cobra's rule.
pub(crate) fn near(word: &str, verbs: &[&'static str]) -> Vec<&'static str> {
    let word = word.to_lowercase();
    let off = |verb: &str| if verb.starts_with(&word) { 0 } else { letters_off(&word, verb) };
    // What is one letter off should not be drowned in what is two off.
    let least = verbs.iter().map(|verb| off(verb)).min().filter(|off| *off < word.len().min(3));
    verbs.iter().copied().filter(|verb| Some(off(verb)) == least).collect()
}

/// The Levenshtein distance, capped: words of very different length are not compared.
fn letters_off(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let a: Vec<char> = a.chars().take(b.len() + 3).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
