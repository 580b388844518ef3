//! Why a command was refused: for each refusal what makes it so, as a question about the past where
//! something that has happened does, and in any case what would be right instead.

use sim::fault::FaultRefusal;
use sim::refusal::{PdFault, StartFault, StoreFault};
use sim::region::PeerRole;
use sim::store::StoreStatus;
use sim::tidb::ddl::TableFault;
use sim::{Event, EventKind as E, Refusal, RegionId, StoreId};

use super::Question;
use super::question::id;

/// What to ask so that the causes of a refusal are told; `None` where nothing that has happened is
/// to blame, but the line itself.
pub fn question(refusal: &Refusal, events: &[Event]) -> Option<Question> {
    let asked = of_stores(refusal, events).or_else(|| of_regions(refusal, events))?;
    asked.answer(events).map(|_| asked)
}

fn of_stores(refusal: &Refusal, events: &[Event]) -> Option<Question> {
    use Refusal as R;
    if let R::StoreNotRunning(store)
    | R::StoreRunning(store)
    | R::DiskInUse(store)
    | R::FailedStoreConnected(store)
    | R::Fault(FaultRefusal::StorePaused(store) | FaultRefusal::StoreNotPaused(store))
    | R::Start(
        StartFault::AddressInUse { by: store, .. } | StartFault::Replaced { store, .. },
    ) = refusal
    {
        return Some(Question::Process(*store));
    }
    if let R::StoreBuried(store)
    | R::FailedStoreUnknown(store)
    | R::StoreNotInPd(store)
    | R::StoreAlreadyRemoved(store)
    | R::Start(StartFault::Exists(store) | StartFault::DuplicatedAddress { by: store, .. }) =
        refusal
    {
        return Some(Question::Record(*store));
    }
    if let R::StoreDelete { store, fault } | R::StoreCancelDelete { store, fault } = refusal {
        return Some(match fault {
            StoreFault::NotFound | StoreFault::Removed | StoreFault::Destroyed => {
                Question::Record(*store)
            }
            StoreFault::NotEnough { .. } => fewer_stores(events)?,
        });
    }
    if let R::TombstonesHoldRegions(stores) = refusal {
        return kept_by(stores, events);
    }
    let is_silence = matches!(refusal, R::Pd(_) | R::Start(StartFault::WaitsForPd(_)));
    is_silence.then_some(Question::Pd)
}

fn of_regions(refusal: &Refusal, events: &[Event]) -> Option<Question> {
    use Refusal as R;
    let about = |is_it: &dyn Fn(&E) -> bool| latest(events, is_it).map(Question::Event);
    if let R::RecoveryRunning | R::NoRecoveryRunning | R::RecoveryInProgress(_) = refusal {
        return Some(Question::Recovery);
    }
    if let R::NoLeader(region) = refusal {
        return Some(Question::Leader(*region));
    }
    if let R::OperatorExists(region) = refusal {
        return Some(Question::Operator(*region));
    }
    if let R::NoOperator(of) = refusal {
        return about(&|kind| matches!(kind, E::OperatorEnded { region, .. } if region == of));
    }
    if let R::AbnormalPeer(of) = refusal {
        return about(&|kind| is_abnormal(kind, *of));
    }
    if let R::RegionNotInPd(of) = refusal {
        return about(&|kind| is_end(kind, *of));
    }
    if let R::NoPeerOnStore { region, store } | R::CannotLead { region, store } = refusal {
        return about(&|kind| changes(kind, *region, *store));
    }
    if let R::PeerOnStore { region: of, store: on } = refusal {
        return about(&|kind| is_new(kind, *of, *on));
    }
    None
}

/// What left the stores' peers in their regions, or else their burial: PD forgets a tombstone only
/// once no region counts a peer there.
fn kept_by(stores: &[StoreId], events: &[Event]) -> Option<Question> {
    let is_left = |kind: &E| {
        matches!(kind, E::LearnerSkipped { peer, .. } | E::OrphanIgnored { peer, .. }
            | E::RepairBlocked { peer, .. } if stores.contains(&peer.store))
    };
    let left = latest(events, &is_left).map(Question::Event);
    left.or_else(|| stores.first().map(|store| Question::Record(*store)))
}

/// What last made PD count a store as up no more.
fn fewer_stores(events: &[Event]) -> Option<Question> {
    let is_loss = |kind: &E| {
        matches!(kind, E::StoreStatusChanged { to, .. } if *to != StoreStatus::Up)
            || matches!(kind, E::StoreErased(_) | E::StoreForgotten(_) | E::MaxReplicasSet(_))
    };
    latest(events, &is_loss).map(Question::Event)
}

fn is_abnormal(kind: &E, of: RegionId) -> bool {
    matches!(kind, E::PeerDown { region, .. } | E::RepairBlocked { region, .. } if *region == of)
}

/// Whether PD has the region no more since this.
fn is_end(kind: &E, of: RegionId) -> bool {
    matches!(kind, E::RegionsMerged { source, .. } if *source == of)
        || matches!(kind, E::RegionCacheReset)
}

/// Whether this made of the region's peer on the store what it is: none, or one that cannot lead.
fn changes(kind: &E, of: RegionId, on: StoreId) -> bool {
    let destroyed =
        matches!(kind, E::PeerDestroyed { region, store, .. } if (*region, *store) == (of, on));
    let changed = matches!(kind, E::MembershipChanged { region, changes }
        if region.id == of && !changes.is_empty()
            && region.peers.iter().all(|p| p.store != on || p.role == PeerRole::Learner));
    destroyed || changed
}

/// Whether the region's peer on the store came into being.
fn is_new(kind: &E, of: RegionId, on: StoreId) -> bool {
    matches!(kind, E::PeerCreated { region, store, .. } if (*region, *store) == (of, on))
}

fn latest(events: &[Event], is_it: &dyn Fn(&E) -> bool) -> Option<sim::EventId> {
    events.iter().rposition(|event| is_it(&event.kind)).map(id)
}

crate::words! {
    /// What would be right instead of what was refused.
    pub enum Right {
        /// A store that there is.
        ListStores: "`pd-ctl store` lists the stores there are.", "`pd-ctl store` 列出现有的 store。";
        /// A store that runs.
        StartIt: "`start store …` starts its process.", "`start store …` 可启动其进程。";
        /// A store that does not run.
        StopIt: "`stop store …` ends its process first.", "先用 `stop store …` 停止其进程。";
        /// Another store.
        NewStore: "A tombstone does not come back: `add store …` joins under a new id.",
            "Tombstone 不会复活：用 `add store …` 以新 id 加入。";
        /// Groups that have nothing in common.
        TwoGroups: "Name two groups that have nothing in common.", "请指定两组互不重叠的节点。";
        /// The link itself.
        LinkOfPd: "`cut` or `delay` the link between a store and PD.",
            "对 store 与 PD 之间的链路使用 `cut` 或 `delay`。";
        /// At most all.
        AtMostAll: "Ask for 100% at most.", "最多 100%。";
        /// A process that stalls.
        PauseIt: "`pause store …` stalls it; one that stalls goes on with `resume store …`.",
            "`pause store …` 使其停顿；已停顿的用 `resume store …` 恢复。";
        /// A store that applies nothing.
        PauseApply: "`pause apply of …` and `resume apply of …` follow one another.",
            "`pause apply of …` 与 `resume apply of …` 须交替使用。";
        /// A PD that leads.
        PdLeader: "Mend what keeps PD from having a leader, or wait until it has one: `start pd`, \
                   `heal`.",
            "先恢复 PD 的 leader，或等待选出：`start pd`、`heal`。";
        /// Another address.
        OtherAddress: "Give it an address of its own, or have the store go that has this one.",
            "使用独立的地址，或先让占用该地址的 store 退出。";
        /// Another id.
        OtherId: "Choose an id that no store here has had.", "请选用从未使用过的 store id。";
        /// The id of the machine as it is now.
        IdNow: "Use the id that its machine has now; `pd-ctl store` lists it.",
            "使用该机器现在的 id；`pd-ctl store` 可查。";
        /// PD's recovery.
        RecoverPd: "`pd-recover` gives a PD with empty disks the stores’ cluster id; then it is \
                    started anew.",
            "用 `pd-recover` 让空盘的 PD 恢复原 cluster id，然后重启 PD。";
        /// A PD that does not run.
        StopPd: "`stop pd` comes first.", "先执行 `stop pd`。";
        /// A PD without anything on its disks.
        EmptyPd: "Only a PD with empty disks is recovered: `stop pd`, `lose pd disks`, `start pd`.",
            "只能恢复空盘的 PD：`stop pd`、`lose pd disks`、`start pd`。";
        /// A larger number.
        LargerId: "Give `--alloc-id` a number above every id in use.",
            "`--alloc-id` 须大于所有已用的 id。";
        /// A table that there is.
        ListTables: "`SELECT * FROM information_schema.tiflash_replica;` lists the tables.",
            "`SELECT * FROM information_schema.tiflash_replica;` 列出各表。";
        /// Another name.
        OtherName: "Choose another name, or `DROP TABLE …;` first.",
            "请换一个名字，或先执行 `DROP TABLE …;`。";
        /// A split that TiDB takes.
        SplitEvenly: "`SPLIT TABLE … BETWEEN (0) AND (100000) REGIONS 4;`: the bounds ascend, and \
                      each of 1 to 1000 regions gets 1000 rows or more.",
            "`SPLIT TABLE … BETWEEN (0) AND (100000) REGIONS 4;`：上下界须递增，\
             Region 数为 1 到 1000，每个 Region 至少 1000 行。";
        /// Less.
        AskLess: "Ask for `1000/s` at most.", "最多 `1000/s`。";
        /// The stores that failed.
        NameStores: "Name those that failed: `pd-ctl unsafe remove-failed-stores 1,2`.",
            "指明故障 store：`pd-ctl unsafe remove-failed-stores 1,2`。";
        /// The end of the recovery.
        AwaitRecovery: "Wait until the recovery has ended; \
                        `pd-ctl unsafe remove-failed-stores show` follows it.",
            "等待恢复结束；`pd-ctl unsafe remove-failed-stores show` 可查看进度。";
        /// A release that can do it.
        OtherRelease: "Another release has it: choose one above this world.",
            "其他版本支持：可在该世界上方选择版本。";
        /// A recovery.
        BeginRecovery: "None runs: `pd-ctl unsafe remove-failed-stores …` begins one.",
            "没有正在进行的恢复：`pd-ctl unsafe remove-failed-stores …` 可发起。";
        /// A store that is silent.
        OnlySilent: "Only a store that PD has not heard from for 20 s counts as failed: leave this \
                     one out, or `stop store …`.",
            "PD 超过 20 秒未收到心跳的 store 才算故障：去掉它，或先 `stop store …`。";
        /// Regions without it.
        LeaveRegions: "PD forgets a tombstone once no region counts a peer there: \
                       `pd-ctl region store …` lists those that do.",
            "没有 Region 计入其 Peer 后，PD 才会清除该 Tombstone：`pd-ctl region store …` 可列出。";
        /// A store in service.
        OnlyUp: "Choose a store that is Up.", "请选择状态为 Up 的 store。";
        /// Nothing more.
        GoneAlready: "It is gone already; `pd-ctl store remove-tombstone` erases its record.",
            "它已下线；`pd-ctl store remove-tombstone` 可清除记录。";
        /// More stores, or fewer replicas.
        MoreStores: "Add a store first, or lower `pd-ctl config set max-replicas`.",
            "先增加 store，或调低 `pd-ctl config set max-replicas`。";
        /// One by one.
        OneByOne: "Move peers one by one: `operator add transfer-peer`.",
            "逐个迁移 Peer：`operator add transfer-peer`。";
        /// A region that there is.
        ListRegions: "`pd-ctl region` lists the regions that PD’s cache has.",
            "`pd-ctl region` 列出 PD 缓存中的 Region。";
        /// A store with a peer.
        Members: "`pd-ctl region …` shows which stores have a peer of it.",
            "`pd-ctl region …` 显示其 Peer 所在的 store。";
        /// The end of the operator.
        AwaitOperator: "Wait until the one under way ends, or `operator remove …` it.",
            "等待当前 operator 结束，或用 `operator remove …` 取消。";
        /// An operator under way.
        ListOperators: "`pd-ctl operator show` lists those under way.",
            "`pd-ctl operator show` 列出正在执行的 operator。";
        /// The end of a change.
        AwaitChange: "Wait until the change of its members is done.", "等待成员变更完成。";
        /// Sound peers.
        MendPeers: "Mend its peers first: `pd-ctl region check down-peer` and `pending-peer` \
                    name the regions.",
            "先修复其 Peer：`pd-ctl region check down-peer` 与 `pending-peer` 可列出。";
        /// A neighbour.
        Neighbour: "Choose the region beside it; `SHOW TABLE … REGIONS;` lists them by key.",
            "请选择相邻的 Region；`SHOW TABLE … REGIONS;` 按键序列出。";
        /// A voter.
        OnlyVoters: "Only a voter leads, and a region keeps its last one: choose another store.",
            "只有 voter 能担任 leader，且最后一个 voter 不能移除：请换一个 store。";
        /// A scheduler that there is, or is not.
        ListSchedulers: "`pd-ctl scheduler show` lists those that run.",
            "`pd-ctl scheduler show` 列出正在运行的 scheduler。";
        /// A quorum.
        Quorum: "It needs a majority of its voters: start their stores, or give the lost ones \
                 up by unsafe recovery.",
            "需要多数 voter：启动其 store，或用 unsafe recovery 放弃已丢失的副本。";
        /// At least one.
        AtLeastOne: "Ask for 1 at least.", "至少为 1。";
        /// Fewer, or more stores.
        FewerReplicas: "Ask for fewer, or add a TiFlash store.", "减少副本数，或增加 TiFlash store。";
        /// A learner, or another store.
        LearnerThere: "Use `add-learner` on a TiFlash store, or choose a TiKV store.",
            "TiFlash store 上请用 `add-learner`，或选择 TiKV store。";
    }
}

/// What would be right instead.
pub fn right(refusal: &Refusal) -> Right {
    use Refusal as R;
    match refusal {
        R::UnknownStore(_) | R::FailedStoreUnknown(_) | R::StoreNotInPd(_) => Right::ListStores,
        R::StoreNotRunning(_) => Right::StartIt,
        R::StoreRunning(_) | R::DiskInUse(_) => Right::StopIt,
        R::StoreBuried(_) => Right::NewStore,
        R::Fault(fault) => of_fault(fault),
        R::Start(fault) => of_start(fault),
        R::Pd(fault) => of_pd(*fault),
        R::UnknownTable(_) => Right::ListTables,
        R::Table(fault) => of_table(fault),
        R::LoadTooHigh { .. } => Right::AskLess,
        R::NoStoreSpecified => Right::NameStores,
        R::RecoveryRunning | R::RecoveryInProgress(_) => Right::AwaitRecovery,
        R::NoOnlineRecovery | R::NoAbort | R::UnknownFlag(_) => Right::OtherRelease,
        R::NoRecoveryRunning => Right::BeginRecovery,
        R::FailedStoreConnected(_) => Right::OnlySilent,
        R::TombstonesHoldRegions(_) => Right::LeaveRegions,
        R::StoreAlreadyRemoved(_) => Right::OnlyUp,
        R::StoreDelete { fault, .. } => of_store(*fault, Right::GoneAlready),
        R::StoreCancelDelete { fault, .. } => of_store(*fault, Right::NewStore),
        R::TransferRegionWithoutRoles => Right::OneByOne,
        R::RegionNotInPd(_) => Right::ListRegions,
        R::NoPeerOnStore { .. } | R::PeerOnStore { .. } => Right::Members,
        R::OperatorExists(_) => Right::AwaitOperator,
        R::NoOperator(_) => Right::ListOperators,
        R::SplitInJointState | R::MergeInJointState => Right::AwaitChange,
        R::AbnormalPeer(_) => Right::MendPeers,
        R::NotAdjacent => Right::Neighbour,
        R::CannotLead { .. } => Right::OnlyVoters,
        R::SchedulerExists | R::SchedulerNotFound => Right::ListSchedulers,
        R::NoLeader(_) => Right::Quorum,
        R::MaxReplicasZero => Right::AtLeastOne,
        R::TooManyTiflashReplicas { .. } => Right::FewerReplicas,
        R::WrongEngine { .. } => Right::LearnerThere,
    }
}

fn of_table(fault: &TableFault) -> Right {
    match fault {
        TableFault::Exists(_) => Right::OtherName,
        TableFault::Unknown(_) | TableFault::UnknownSchema(_) => Right::ListTables,
        TableFault::NotAscending { .. }
        | TableFault::TooNarrow { .. }
        | TableFault::TooManyRegions
        | TableFault::NoRegions => Right::SplitEvenly,
    }
}

fn of_fault(fault: &FaultRefusal) -> Right {
    match fault {
        FaultRefusal::SameNodeOnBothSides(_) => Right::TwoGroups,
        FaultRefusal::NoRaftWithPd => Right::LinkOfPd,
        FaultRefusal::RateTooHigh { .. } => Right::AtMostAll,
        FaultRefusal::StorePaused(_) | FaultRefusal::StoreNotPaused(_) => Right::PauseIt,
        FaultRefusal::ApplyPaused(_) | FaultRefusal::ApplyNotPaused(_) => Right::PauseApply,
    }
}

fn of_start(fault: &StartFault) -> Right {
    match fault {
        StartFault::WaitsForPd(_) => Right::PdLeader,
        StartFault::DuplicatedAddress { .. } | StartFault::AddressInUse { .. } => {
            Right::OtherAddress
        }
        StartFault::Exists(_) => Right::OtherId,
        StartFault::ClusterIdMismatch { .. } | StartFault::WouldBootstrap(_) => Right::RecoverPd,
        StartFault::Replaced { .. } => Right::IdNow,
    }
}

fn of_pd(fault: PdFault) -> Right {
    match fault {
        PdFault::NoLeader | PdFault::Stopped | PdFault::UnreachableFromTidb => Right::PdLeader,
        PdFault::Running | PdFault::DisksInUse => Right::StopPd,
        PdFault::NotBootstrapped | PdFault::OtherCluster => Right::RecoverPd,
        PdFault::AlreadyBootstrapped => Right::EmptyPd,
        PdFault::AllocIdTooSmall { .. } => Right::LargerId,
    }
}

fn of_store(fault: StoreFault, gone: Right) -> Right {
    match fault {
        StoreFault::NotFound => Right::ListStores,
        StoreFault::Removed | StoreFault::Destroyed => gone,
        StoreFault::NotEnough { .. } => Right::MoreStores,
    }
}
