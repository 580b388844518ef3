//! Sentences on what people ask for: where most chains of causes begin.

use sim::{Command, StoreId};

use crate::lang::Lang;

/// The command as a sentence.
pub(super) fn sentence(command: &Command, lang: Lang) -> String {
    let (en, zh) = match command {
        Command::SetTiflashReplica { table, count } => (
            format!("Somebody set {table} to {count} TiFlash replicas"),
            format!("有人将 {table} 的 TiFlash 副本数设为 {count}"),
        ),
        Command::RemoveFailedStores { stores, .. } => (
            format!("Somebody gave up stores {} (unsafe remove-failed-stores)", list(stores)),
            format!("有人放弃 store {}（unsafe remove-failed-stores）", list(stores)),
        ),
        Command::SetMaxReplicas(count) => (
            format!("Somebody set max-replicas to {count}"),
            format!("有人将 max-replicas 设为 {count}"),
        ),
        Command::RemoveTombstone => (
            "Somebody erased the records of tombstone stores (store remove-tombstone)".to_owned(),
            "有人抹去 Tombstone store 的记录（store remove-tombstone）".to_owned(),
        ),
        Command::StopStores(stores) => {
            (format!("Stores {} fail", list(stores)), format!("store {} 宕机", list(stores)))
        }
        Command::StartStores(stores) => (
            format!("Somebody started stores {}", list(stores)),
            format!("有人启动 store {}", list(stores)),
        ),
        Command::LoseDisk(store) => {
            (format!("The disk of store {store} is lost"), format!("store {store} 的磁盘丢失"))
        }
        Command::Cut { from, to } => (
            format!("The network between {} and {} is cut", list(from), list(to)),
            format!("{} 与 {} 之间的网络被切断", list(from), list(to)),
        ),
        Command::Delay { from, to, by_ms } => (
            format!("Messages from {} to {} take {by_ms} ms more", list(from), list(to)),
            format!("从 {} 到 {} 的消息多花 {by_ms} ms", list(from), list(to)),
        ),
        Command::Heal => ("The network is healed".to_owned(), "网络恢复".to_owned()),
        Command::SetLoad { writes_per_minute: 0, .. } => {
            ("Writes stop".to_owned(), "写入停止".to_owned())
        }
        Command::SetLoad { .. } => ("Clients write".to_owned(), "客户端开始写入".to_owned()),
        Command::DeleteStore(store) => {
            (format!("Somebody deleted store {store}"), format!("有人下线 store {store}"))
        }
        Command::CancelDeleteStore(store) => {
            (format!("Somebody called store {store} back"), format!("有人取消下线 store {store}"))
        }
        Command::AddRemovePeer { region, store } => (
            format!("Somebody had the peer of region {region} on store {store} removed"),
            format!("有人移除 region {region} 在 store {store} 上的 peer"),
        ),
        Command::AddAddLearner { region, store } => (
            format!("Somebody had a learner of region {region} added on store {store}"),
            format!("有人在 store {store} 上为 region {region} 添加 learner"),
        ),
        Command::AddTransferLeader { region, store } => (
            format!("Somebody had store {store} lead region {region}"),
            format!("有人让 store {store} 领导 region {region}"),
        ),
        Command::RemoveOperator(region) => (
            format!("Somebody cancelled the operator of region {region}"),
            format!("有人取消 region {region} 的 operator"),
        ),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

fn list(stores: &[StoreId]) -> String {
    let stores: Vec<String> = stores.iter().map(StoreId::to_string).collect();
    stores.join(", ")
}
