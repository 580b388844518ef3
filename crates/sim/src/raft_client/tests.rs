//! The raft client alone: what no command can bring about exactly.

use super::*;
use crate::ids::SECOND;
use crate::region::{Peer, PeerRole, RegionEpoch};
use crate::release::{Knobs, RaftQueue, Release};

const ME: StoreId = StoreId(1);
const GONE: StoreId = StoreId(4);

fn context(knobs: Knobs) -> Context {
    Context::new(knobs, 0, 1)
}

fn message(region: u64, to: StoreId) -> Box<Envelope> {
    let peer = |id, store| Peer { id: PeerId(id), store, role: PeerRole::Voter };
    Box::new(Envelope {
        region: RegionId(region),
        from: peer(11, ME),
        to: peer(14, to),
        epoch: RegionEpoch { version: 1, conf_ver: 1 },
        range: None,
        body: Body::HibernateRequest,
        cause: None,
        held_in_life: None,
    })
}

/// Lets what is on the agenda happen up to `until`; PD gives `answer` to every question.
fn run(
    client: &mut RaftClient,
    ctx: &mut Context,
    until: u64,
    answer: &Result<String, GetStoreError>,
) -> Vec<Signal> {
    let mut out = Vec::new();
    while let Some((at, item)) = ctx.agenda.pop(Millis(until)) {
        ctx.now = at;
        if let Item::GetStore { timer, .. } = item {
            client.on_answer(timer, answer.clone(), ctx, &mut out);
        } else if let Item::ConnectionDue(timer) = item {
            client.on_due(timer, ctx, &mut out);
        } else {
            panic!("the client puts no {item:?} on the agenda");
        }
    }
    ctx.now = Millis(until);
    out
}

fn warnings(client: &mut RaftClient, moments: &[(StoreId, u64)]) -> Vec<bool> {
    let warned = |(store, at): &(StoreId, u64)| {
        client.warn(*store, Millis(*at)) == ResolveVerdict::RetryWarned
    };
    moments.iter().map(warned).collect()
}

#[test]
fn test_store_not_found_log_throttle() {
    let mut client = RaftClient::new(ME);
    let t = 5 * SECOND;
    let asked = [(GONE, t), (GONE, t + MINUTE - 1), (GONE, t + MINUTE), (StoreId(5), t + MINUTE)];
    assert_eq!(warnings(&mut client, &asked), [true, false, true, true]);
    // An address takes the mark away.
    client.warned.remove(&GONE);
    assert_eq!(warnings(&mut client, &[(GONE, t + MINUTE)]), [true]);
}

/// Knob `raft_queue`: how many messages are lost for lack of room while nobody can be reached.
#[test]
fn a_queue_takes_as_many_messages_as_its_release_lets_it() {
    let lost = |raft_queue: RaftQueue| {
        let mut ctx = context(Knobs { raft_queue, ..Release::V8_5_2.knobs() });
        let (mut client, mut out) = (RaftClient::new(ME), Vec::new());
        for _ in 0..10_000 {
            client.send(message(10, GONE), &mut ctx, &mut out);
        }
        let full = client.metrics().failures().find(|(kind, ..)| *kind == FailureType::Full);
        let counted = full.map_or(0, |(_, store, count)| {
            assert_eq!(store, GONE);
            count
        });
        assert_eq!(out.len() as u64, counted, "each peer hears of its message");
        counted
    };
    assert_eq!(lost(RaftQueue::Holds4096), 10_000 - 4096);
    assert_eq!(lost(RaftQueue::Holds8192), 10_000 - 8192);
    assert_eq!(lost(RaftQueue::Holds16384), 0);
}

#[test]
fn a_failed_resolve_fails_every_message_that_waits_and_takes_later_ones() {
    let mut ctx = context(Release::V8_5_2.knobs());
    let (mut client, mut out) = (RaftClient::new(ME), Vec::new());
    for _ in 0..3 {
        client.send(message(10, GONE), &mut ctx, &mut out);
    }
    assert!(out.is_empty(), "a queue takes messages before there is a connection");
    let signals = run(&mut client, &mut ctx, 100, &Err(GetStoreError::NotFound));
    assert_eq!(signals.len(), 3);
    client.send(message(10, GONE), &mut ctx, &mut out);
    assert!(out.is_empty(), "until the next pass the queue takes messages again");
    let resolve: Vec<_> = client.metrics().failures().collect();
    assert_eq!(resolve, [(FailureType::Resolve, GONE, 3)]);
}

#[test]
fn the_questions_of_one_process_wait_for_one_another() {
    let mut ctx = context(Release::V6_1_0.knobs());
    let (mut client, mut out) = (RaftClient::new(ME), Vec::new());
    client.send(message(10, GONE), &mut ctx, &mut out);
    client.send(message(10, StoreId(2)), &mut ctx, &mut out);
    run(&mut client, &mut ctx, 8 * SECOND, &Err(GetStoreError::NotFound));
    assert_eq!(client.metrics().resolves.failed, 0, "the first question is still being asked");
    run(&mut client, &mut ctx, 10 * SECOND, &Err(GetStoreError::NotFound));
    assert_eq!(client.metrics().resolves.failed, 1, "now it is the second's turn");
}

#[test]
fn a_task_that_nobody_needs_can_be_ended() {
    let mut ctx = context(Release::Proposed.knobs());
    let (mut client, mut out) = (RaftClient::new(ME), Vec::new());
    client.send(message(10, GONE), &mut ctx, &mut out);
    let signals = run(&mut client, &mut ctx, 100, &Err(GetStoreError::NotFound));
    let asks = |signal: &Signal| matches!(signal, Signal::StoreUnknown { target: GONE, .. });
    assert!(signals.iter().any(asks), "the store is to ask PD for more");
    client.forget(GONE, &mut out);
    run(&mut client, &mut ctx, MINUTE, &Err(GetStoreError::NotFound));
    assert_eq!(client.metrics().resolves.failed, 1);
    assert_eq!(client.connections().count(), 0);
}
