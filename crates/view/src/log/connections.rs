//! What TiKV prints of its connections: resolves, connects, and what comes of them.
//! TiKV: `src/server/{raft_client.rs, resolve.rs}`, `pd_client/src/util.rs`.

use sim::event::ResolveVerdict;
use sim::message::GetStoreError;
use sim::pd::replication::DrState;
use sim::release::{
    ConnectTimeoutLog, NotFoundLine, Reconnect, TombstoneAnswer, UnknownStoreReply,
};
use sim::{Event, EventKind, Knobs, StoreId};

use super::{Level, LogLine, Printer, Speaker};

/// The lines of an event that is about a connection; `None` of any other.
pub(super) fn lines(event: &Event, knobs: &Knobs) -> Option<Vec<LogLine>> {
    let on = |store: StoreId| Printer { at: event.at, speaker: Speaker::Store(store) };
    if let EventKind::ResolveFailed { store, target, error, verdict, .. } = &event.kind {
        return Some(failure_lines(on(*store), *target, *error, *verdict, knobs));
    }
    if let EventKind::Connected { store, target, address } = &event.kind {
        let fields = [("store_id", target.to_string()), ("addr", address.clone())];
        let message = "server: new connection with tikv endpoint";
        return Some(vec![
            on(*store).info("raft_client.rs:716", message, fields),
            on(*store).info("raft_client.rs:883", "connection established", link(*target, address)),
        ]);
    }
    line(&event.kind, on, knobs).map(|line| vec![line])
}

fn link(target: StoreId, address: &str) -> [(&'static str, String); 2] {
    [("addr", address.to_owned()), ("store_id", target.to_string())]
}

fn line(kind: &EventKind, on: impl Fn(StoreId) -> Printer, knobs: &Knobs) -> Option<LogLine> {
    if let EventKind::Resolved { store, target, address, cached: _ } = kind {
        let fields = link(*target, address);
        return Some(on(*store).info("raft_client.rs:806", "resolve store address ok", fields));
    }
    if let EventKind::ReplicationUpdated { store, state, available } = kind {
        let mode = if state.is_some() { "DrAutoSync" } else { "Majority" };
        let available: Vec<String> = available.iter().map(StoreId::to_string).collect();
        let state = state.map_or("", DrState::name);
        let status =
            format!("mode: {mode} state: {state} available_stores: [{}]", available.join(", "));
        let fields = [("status", status)];
        return Some(on(*store).info("store.rs:3105", "updating replication mode", fields));
    }
    if let EventKind::PdRequestFailed { store, target, error, attempt: _ } = kind {
        let fields = [("err_code", "KV:PD:gRPC".to_owned()), ("err", grpc_error(*target, *error))];
        return Some(on(*store).line(Level::Error, "util.rs:460", "request failed", fields));
    }
    if let EventKind::ConnectTimedOut { store, target, address } = kind {
        return Some(timed_out(on(*store), link(*target, address), knobs));
    }
    if let EventKind::ConnectionAborted { store, target, address } = kind {
        let fields = link(*target, address);
        let message = "connection aborted";
        return Some(on(*store).line(Level::Warn, "raft_client.rs:908", message, fields));
    }
    if let EventKind::UnreachableBroadcast { store, unreachable } = kind {
        let fields =
            [("unreachable_store_id", unreachable.to_string()), ("store_id", store.to_string())];
        return Some(on(*store).info("store.rs:2947", "broadcasting unreachable", fields));
    }
    None
}

/// Until the client waited for its connects (tikv#13677), one that failed was a stream that broke.
fn timed_out(printer: Printer, fields: [(&'static str, String); 2], knobs: &Knobs) -> LogLine {
    let level = match knobs.connect_timeout_log {
        ConnectTimeoutLog::Error => Level::Error,
        ConnectTimeoutLog::Warn => Level::Warn,
    };
    let message = match knobs.reconnect {
        Reconnect::Growing => "connection abort",
        Reconnect::FiveSeconds => "wait connect timeout",
    };
    printer.line(level, "raft_client.rs:865", message, fields)
}

fn failure_lines(
    printer: Printer,
    target: StoreId,
    error: GetStoreError,
    verdict: ResolveVerdict,
    knobs: &Knobs,
) -> Vec<LogLine> {
    let id = || ("store_id", target.to_string());
    let mut out = Vec::new();
    if prints_hint(error, knobs) {
        out.push(printer.info("resolve.rs:121", "resolve store not found", [id()]));
    }
    let source = match verdict {
        ResolveVerdict::RetryQuiet => return out,
        ResolveVerdict::RetryWarned => {
            let message = "store is not found in PD, retrying resolve";
            let fields = [("retry_interval", "5s".to_owned()), id()];
            out.push(printer.line(Level::Warn, "raft_client.rs:895", message, fields));
            return out;
        }
        ResolveVerdict::RetryLoud => "raft_client.rs:836",
        ResolveVerdict::Blacklisted => "raft_client.rs:851",
    };
    let err = ("err", resolve_error(target, error, knobs, verdict));
    let fields = [("err_code", "KV:Unknown".to_owned()), err, id()];
    out.push(printer.line(Level::Error, source, "resolve store address failed", fields));
    out
}

/// From 7.5.0 to 8.5.7 the resolver itself also says that PD does not know a store.
fn prints_hint(error: GetStoreError, knobs: &Knobs) -> bool {
    error == GetStoreError::NotFound && knobs.not_found_line == NotFoundLine::Info
}

/// How many lines a failed resolve leaves; `None` for other events.
pub(super) fn resolve_lines(event: &Event, knobs: &Knobs) -> Option<u64> {
    let EventKind::ResolveFailed { error, verdict, .. } = &event.kind else {
        return None;
    };
    let line = match verdict {
        ResolveVerdict::RetryQuiet => 0,
        ResolveVerdict::RetryLoud | ResolveVerdict::RetryWarned | ResolveVerdict::Blacklisted => 1,
    };
    Some(line + u64::from(prints_hint(*error, knobs)))
}

/// The field `err`: the type and text of the error, which changed more than once.
fn resolve_error(
    target: StoreId,
    error: GetStoreError,
    knobs: &Knobs,
    verdict: ResolveVerdict,
) -> String {
    let other = |text: String| format!("Other({text:?})");
    match error {
        GetStoreError::Tombstone => match knobs.tombstone {
            TombstoneAnswer::Retry => other(format!(
                "[src/server/resolve.rs:85]: unknown error StoreTombstone(\"id: {target} state: \
                 Tombstone\")"
            )),
            TombstoneAnswer::RemovedText => {
                other(format!("[src/server/resolve.rs:91]: store {target} has been removed"))
            }
            TombstoneAnswer::Typed => format!("StoreTombstone({target})"),
        },
        GetStoreError::NotFound if verdict == ResolveVerdict::Blacklisted => {
            format!("StoreTombstone({target})")
        }
        GetStoreError::NotFound if knobs.unknown_store_reply == UnknownStoreReply::Header => {
            let of_pd = format!("[components/pd_client/src/util.rs:953]: {}", not_found(target));
            other(format!("[src/server/resolve.rs:124]: unknown error {of_pd:?}"))
        }
        GetStoreError::NotFound | GetStoreError::Unreachable => other(format!(
            "[src/server/resolve.rs:124]: unknown error {}",
            grpc_error(target, error)
        )),
    }
}

fn not_found(target: StoreId) -> String {
    format!("invalid store ID {target}, not found")
}

/// A failure of gRPC as `pd_client` shows it.
fn grpc_error(target: StoreId, error: GetStoreError) -> String {
    let (code, message) = match error {
        GetStoreError::NotFound | GetStoreError::Tombstone => ("2-UNKNOWN", not_found(target)),
        GetStoreError::Unreachable => {
            ("14-UNAVAILABLE", "failed to connect to all addresses".to_owned())
        }
    };
    format!("Grpc(RpcFailure(RpcStatus {{ code: {code}, message: {message:?}, details: [] }}))")
}

#[cfg(test)]
mod tests {
    use sim::{Millis, Release};

    use super::*;
    use crate::log::lines;

    fn failed(verdict: ResolveVerdict, error: GetStoreError) -> Event {
        let kind = EventKind::ResolveFailed {
            store: StoreId(6),
            target: StoreId(502),
            conn: 0,
            error,
            verdict,
            attempt: 1,
        };
        Event { at: Millis(281_004), kind, causes: Vec::new() }
    }

    #[test]
    fn the_line_of_the_report_is_printed_to_the_letter() {
        let event = failed(ResolveVerdict::RetryLoud, GetStoreError::NotFound);
        let printed = lines(&event, &Release::V8_5_2.knobs());
        let last = printed.last().expect("a loud retry prints a line").to_string();
        assert_eq!(
            last,
            "[2025/05/06 10:04:41.004 +08:00] [ERROR] [raft_client.rs:836] [\"resolve store \
             address failed\"] [err_code=KV:Unknown] [err=\"Other(\\\"[src/server/resolve.rs:124]: \
             unknown error \\\\\\\"[components/pd_client/src/util.rs:953]: invalid store ID 502, \
             not found\\\\\\\"\\\")\"] [store_id=502]"
        );
    }

    #[test]
    fn each_release_says_not_found_in_its_own_way() {
        let event = failed(ResolveVerdict::RetryWarned, GetStoreError::NotFound);
        let printed = lines(&event, &Release::V8_5_8.knobs());
        assert_eq!(printed.len(), 1);
        assert_eq!(
            printed[0].without_time(),
            "[WARN] [raft_client.rs:895] [\"store is not found in PD, retrying resolve\"] \
             [retry_interval=5s] [store_id=502]"
        );
        let event = failed(ResolveVerdict::Blacklisted, GetStoreError::Tombstone);
        let printed = lines(&event, &Release::V8_5_8.knobs());
        assert_eq!(
            printed[0].without_time(),
            "[ERROR] [raft_client.rs:851] [\"resolve store address failed\"] \
             [err_code=KV:Unknown] [err=StoreTombstone(502)] [store_id=502]"
        );
    }

    #[test]
    fn the_count_of_lines_is_that_of_the_lines() {
        let verdicts = [
            ResolveVerdict::RetryLoud,
            ResolveVerdict::RetryWarned,
            ResolveVerdict::RetryQuiet,
            ResolveVerdict::Blacklisted,
        ];
        for (release, verdict) in Release::ALL.into_iter().zip(verdicts.into_iter().cycle()) {
            let event = failed(verdict, GetStoreError::NotFound);
            let knobs = release.knobs();
            assert_eq!(crate::log::count(&event, &knobs), lines(&event, &knobs).len() as u64);
        }
    }

    fn error_field(release: Release, verdict: ResolveVerdict, error: GetStoreError) -> String {
        let printed = lines(&failed(verdict, error), &release.knobs());
        let last = printed.last().expect("an error prints a line");
        let field = last.fields.iter().find(|(name, _)| *name == "err");
        field.expect("it has an error").1.clone()
    }

    #[test]
    fn each_release_calls_a_tombstone_by_its_own_name() {
        let told = |release, verdict| error_field(release, verdict, GetStoreError::Tombstone);
        assert_eq!(
            told(Release::V4_0_16, ResolveVerdict::RetryLoud),
            "Other(\"[src/server/resolve.rs:85]: unknown error StoreTombstone(\\\"id: 502 state: \
             Tombstone\\\")\")"
        );
        assert_eq!(
            told(Release::V5_4_3, ResolveVerdict::Blacklisted),
            "Other(\"[src/server/resolve.rs:91]: store 502 has been removed\")"
        );
        assert_eq!(told(Release::V7_5_0, ResolveVerdict::Blacklisted), "StoreTombstone(502)");
    }

    #[test]
    fn an_unknown_store_was_an_error_of_grpc_before_it_was_one_of_the_header() {
        let told =
            |release| error_field(release, ResolveVerdict::RetryLoud, GetStoreError::NotFound);
        assert_eq!(
            told(Release::V6_1_0),
            "Other(\"[src/server/resolve.rs:124]: unknown error Grpc(RpcFailure(RpcStatus { code: \
             2-UNKNOWN, message: \\\"invalid store ID 502, not found\\\", details: [] }))\")"
        );
        assert!(told(Release::V6_5_0).contains("util.rs:953]: invalid store ID 502, not found"));
    }
}
