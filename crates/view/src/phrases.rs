//! Short sentences with numbers in them, in both languages.

use std::collections::BTreeSet;

use sim::clients::{Ask, Outcome, Tally};
use sim::event::{BlockedReason, RecoveryStage};
use sim::message::GetStoreError;
use sim::{Millis, StoreId};

use crate::clock::roughly;
use crate::cluster_view::{Cell, Condition, Disk, Headline, Lane, Process, Shape, Standing};
use crate::lang::Lang;
use crate::told::{blocked_words, stage_words};
use crate::words::Word;

/// Milliseconds for which a cached address is trusted. TiKV: `STORE_ADDRESS_REFRESH_SECONDS`.
pub const ADDRESS_REFRESH_MS: u64 = 60_000;

/// One line on how a world is doing: `1 table unavailable · 214 failed resolves · 9 ghost peers`,
/// or `all tables available` and what is left beside it.
pub fn headline(headline: &Headline, lang: Lang) -> String {
    let mut parts = Vec::new();
    match headline.tables_unavailable {
        // A table whose regions nobody leads serves no one, whatever TiDB believes of its replicas.
        0 if 0 < headline.leaderless => {}
        0 if 0 < headline.tables => parts.push(Word::AllAvailable.text(lang).to_owned()),
        0 => parts.push(lang.pick("no TiFlash replica wanted", "未要求 TiFlash 副本").to_owned()),
        n => parts.push(counted(
            n as u64,
            lang,
            "table unavailable",
            "tables unavailable",
            "张表不可用",
        )),
    }
    if 0 < headline.leaderless {
        let n = headline.leaderless as u64;
        parts.push(counted(
            n,
            lang,
            "leaderless region",
            "leaderless regions",
            "个 Region 无 leader",
        ));
    }
    if 0 < headline.failed_resolves {
        let n = headline.failed_resolves;
        parts.push(counted(n, lang, "failed resolve", "failed resolves", "次解析失败"));
    }
    if 0 < headline.needless_loops {
        let n = headline.needless_loops as u64;
        parts.push(counted(n, lang, "needless loop", "needless loops", "个无用的解析循环"));
    }
    if 0 < headline.ghost_peers {
        let n = headline.ghost_peers as u64;
        parts.push(counted(n, lang, "ghost peer", "ghost peers", "个 ghost Peer"));
    }
    if 0 < headline.refused {
        let n = headline.refused;
        parts.push(counted(n, lang, "write refused", "writes refused", "次写入被拒"));
    }
    if 0 < headline.lost {
        let n = headline.lost;
        parts.push(counted(n, lang, "write lost", "writes lost", "条写入丢失"));
    }
    parts.join(" · ")
}

/// What clients feel: `writes: 540 answered, 12 NotLeader · 3 acknowledged writes lost`. Empty
/// where nobody has asked for anything.
pub fn clients(tally: &Tally, lang: Lang) -> String {
    let mut parts = Vec::new();
    for (ask, en, zh) in [(Ask::Write, "writes", "写入"), (Ask::Read, "reads", "读取")] {
        let counts: Vec<String> = Outcome::ALL
            .iter()
            .map(|outcome| (outcome, tally.total(ask, *outcome)))
            .filter(|(_, count)| 0 < *count)
            .map(|(outcome, count)| match outcome {
                Outcome::Answered => format!("{count} {}", lang.pick("answered", "成功")),
                Outcome::NotLeader
                | Outcome::NoLeader
                | Outcome::EpochNotMatch
                | Outcome::RegionNotFound
                | Outcome::RecoveryInProgress
                | Outcome::ProposalInMergingMode
                | Outcome::StoreNotReachable
                | Outcome::TimedOut
                | Outcome::StaleCommand
                | Outcome::RegionUnknown => format!("{count} {}", outcome.name()),
            })
            .collect();
        if !counts.is_empty() {
            parts.push(format!("{}: {}", lang.pick(en, zh), counts.join(", ")));
        }
    }
    if 0 < tally.lost() {
        let lost = tally.lost();
        parts.push(counted(
            lost,
            lang,
            "acknowledged write lost",
            "acknowledged writes lost",
            "条已确认的写入丢失",
        ));
    }
    let refused: u64 = tally.queries_refused().map(|(_, _, count)| count).sum();
    if 0 < tally.queries_answered() + refused {
        let answered = tally.queries_answered();
        parts.push(match lang {
            Lang::En => format!("TiFlash queries: {answered} answered, {refused} refused"),
            Lang::Zh => format!("TiFlash 查询：{answered} 成功，{refused} 失败"),
        });
    }
    parts.join(" · ")
}

fn counted(n: u64, lang: Lang, one: &str, many: &str, zh: &str) -> String {
    match lang {
        Lang::En if n == 1 => format!("1 {one}"),
        Lang::En => format!("{n} {many}"),
        Lang::Zh => format!("{n} {zh}"),
    }
}

/// `2 operators`: how many are under way.
pub fn operators(count: usize, lang: Lang) -> String {
    counted(count as u64, lang, "operator", "operators", "个 operator")
}

/// `17 repairs stuck`: for how many PD finds no way.
pub fn repairs_stuck(count: usize, lang: Lang) -> String {
    counted(count as u64, lang, "repair stuck", "repairs stuck", "处修复受阻")
}

/// `→ 1 held back`: the count that a change which is held back asks for.
pub fn held_back(count: u64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("→ {count} held back"),
        Lang::Zh => format!("→ {count} 暂缓"),
    }
}

/// `repeats every 5 s (212 more)`.
pub fn repeats(more: u64, interval_ms: u64, lang: Lang) -> String {
    let every = roughly((interval_ms + 500).max(1_000));
    match lang {
        Lang::En => format!("… repeats every {every} ({more} more)"),
        Lang::Zh => format!("… 每 {every} 重复（还有 {more} 条）"),
    }
}

/// `retry 3s`, counted down to `until`.
pub fn retry_in(until: Millis, now: Millis, lang: Lang) -> String {
    let seconds = until.0.saturating_sub(now.0).div_ceil(1_000);
    match lang {
        Lang::En => format!("retry {seconds}s"),
        Lang::Zh => format!("{seconds} 秒后重试"),
    }
}

/// PD's answer to a resolve that failed.
pub fn resolve_error(error: Option<GetStoreError>, lang: Lang) -> &'static str {
    match error {
        Some(GetStoreError::NotFound) => Word::NotFound.text(lang),
        Some(GetStoreError::Tombstone) => "Tombstone",
        Some(GetStoreError::Unreachable) => Word::Unreachable.text(lang),
        None => Word::NoAnswer.text(lang),
    }
}

/// What a stage of unsafe recovery does.
pub fn stage(stage: RecoveryStage, lang: Lang) -> &'static str {
    let (en, zh) = stage_words(stage);
    lang.pick(en, zh)
}

/// Why PD leaves a region as it is.
pub fn blocked(why: BlockedReason, lang: Lang) -> &'static str {
    let (en, zh) = blocked_words(why);
    lang.pick(en, zh)
}

/// What stands under a lane's number: the product, or why the store is not there.
pub fn lane(lane: &Lane, lang: Lang) -> &'static str {
    match (lane.process, lane.standing) {
        (Process::Running, Standing::Known(sim::store::StoreStatus::Up)) => lane.engine.name(),
        (Process::Stopped, Standing::Known(sim::store::StoreStatus::Up)) => {
            Word::Stopped.text(lang)
        }
        (_, Standing::Unknown) => Word::Erased.text(lang),
        (_, Standing::Known(status)) => status.name(),
    }
}

/// The same in a narrow lane: PD's longer states are cut.
pub fn lane_short(lane: &Lane, lang: Lang) -> &'static str {
    match self::lane(lane, lang) {
        "Disconnected" => "Disc.",
        "Tombstone" => "Tomb.",
        name => name,
    }
}

/// What stands before the counts of vain questions, with the one store they are for if it is one.
pub fn seek_in_vain(sought: &BTreeSet<StoreId>, lang: Lang) -> String {
    match (sought.first(), sought.len(), lang) {
        (Some(only), 1, Lang::En) => format!("seek {only} in vain"),
        (Some(only), 1, Lang::Zh) => format!("徒劳寻找 {only}"),
        (_, _, Lang::En) => "seek in vain".to_owned(),
        (_, _, Lang::Zh) => "徒劳寻找".to_owned(),
    }
}

/// A cell of the matrix in words, for the table: `leader`, `learner, ghost: erased`.
pub fn cell(cell: &Cell, lang: Lang) -> String {
    let shape = match cell.shape {
        Shape::Empty => return String::new(),
        Shape::Leader => Word::Leader,
        Shape::ForceLeader => Word::ForceLeader,
        Shape::Voter => Word::Voter,
        Shape::Learner => Word::Learner,
        Shape::Incoming | Shape::Demoting => Word::Joint,
        Shape::Stray => Word::More,
        Shape::Tombstone => Word::TombstonePeer,
    };
    let shape = match cell.shape {
        Shape::Stray => lang.pick("no member", "非成员"),
        Shape::Empty
        | Shape::Leader
        | Shape::ForceLeader
        | Shape::Voter
        | Shape::Learner
        | Shape::Incoming
        | Shape::Demoting
        | Shape::Tombstone => shape.text(lang),
    };
    match condition(cell.condition, lang) {
        "" => shape.to_owned(),
        condition => format!("{shape}, {condition}"),
    }
}

/// A member's condition in a few words; empty if all is well.
pub fn condition(condition: Condition, lang: Lang) -> &'static str {
    match condition {
        Condition::Well => "",
        Condition::Pending => Word::Pending.text(lang),
        Condition::Down => Word::Down.text(lang),
        Condition::Uninitialised => lang.pick("still empty", "尚无数据"),
        Condition::OnStoppedStore => lang.pick("ghost (stopped)", "ghost（已停止）"),
        Condition::OnTombstone => "ghost (Tombstone)",
        Condition::OnErasedStore => lang.pick("ghost (erased)", "ghost（已抹去）"),
        Condition::Missing => lang.pick("ghost (not there)", "ghost（不在此）"),
    }
}

/// What a disk holds, in a few words.
pub fn disk(disk: Disk, lang: Lang) -> String {
    match disk {
        Disk::Nothing => lang.pick("nothing", "无").to_owned(),
        Disk::Peer(id) => format!("{id}"),
        Disk::Uninitialised(id) => format!("{id} ({})", lang.pick("empty", "空")),
        Disk::Tombstone(id) => format!("tombstone {id}"),
        Disk::Unread => lang.pick("on a stopped store", "在已停止的 store 上").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_counts_what_users_would_feel() {
        let sick = Headline {
            tables_unavailable: 1,
            tables: 4,
            failed_resolves: 214,
            needless_loops: 0,
            ghost_peers: 9,
            leaderless: 0,
            refused: 12,
            lost: 1,
        };
        assert_eq!(
            headline(&sick, Lang::En),
            "1 table unavailable · 214 failed resolves · 9 ghost peers · 12 writes refused · \
             1 write lost"
        );
        let well = Headline { tables: 4, ..Headline::default() };
        assert_eq!(headline(&well, Lang::En), "all tables available");
        assert_eq!(headline(&well, Lang::Zh), "所有表可用");
    }

    #[test]
    fn no_table_is_called_available_while_regions_have_no_leader() {
        let dead = Headline { tables: 4, leaderless: 30, ..Headline::default() };
        assert_eq!(headline(&dead, Lang::En), "30 leaderless regions");
    }

    #[test]
    fn the_sought_store_is_named_where_it_is_one() {
        let one = BTreeSet::from([StoreId(502)]);
        assert_eq!(seek_in_vain(&one, Lang::En), "seek 502 in vain");
        let two = BTreeSet::from([StoreId(502), StoreId(9)]);
        assert_eq!(seek_in_vain(&two, Lang::En), "seek in vain");
    }

    #[test]
    fn a_repeat_says_how_often_and_how_many_more() {
        assert_eq!(repeats(212, 5_000, Lang::En), "… repeats every 5 s (212 more)");
    }
}
