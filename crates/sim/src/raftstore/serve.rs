//! Serving clients: what a peer checks before a request, and when it answers.
//! TiKV: `fsm/peer.rs:pre_propose_raft_command`, `peer.rs:{propose_normal, read_index}`.

use std::collections::VecDeque;

use raft::ReadState;

use super::Store;
use super::membership::has_quorum_without;
use super::peer::{Outbox, PeerFsm};
use super::proposal::Proposal;
use crate::clients::{Ask, Denial, Outcome, PATIENCE_MS};
use crate::context::Context;
use crate::ids::{Millis, RegionId, SECOND, StoreId, TableId};

/// How long a leader answers reads by itself after it last heard from a quorum.
/// TiKV: `raft-store-max-leader-lease`.
const LEASE_MS: u64 = 9 * SECOND;

/// Requests that clients wait for.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    writes: VecDeque<PendingWrite>,
    reads: VecDeque<PendingRead>,
}

#[derive(Debug)]
struct PendingWrite {
    index: u64,
    term: u64,
    since: Millis,
}

#[derive(Debug)]
struct PendingRead {
    token: u64,
    since: Millis,
    /// What must be applied first, once raft-rs has told.
    index: Option<u64>,
}

impl Store {
    /// A client's request for a region, as far as its cache knows it.
    pub(crate) fn serve(
        &mut self,
        ask: Ask,
        region: RegionId,
        table: TableId,
        version: u64,
        ctx: &mut Context,
    ) -> Result<(), Denial> {
        let mut answer = Err(Denial::RegionNotFound);
        self.with_peer(region, ctx, |peer, ctx, out| {
            answer = peer.serve(ask, table, version, ctx, out);
        });
        answer
    }
}

impl PeerFsm {
    fn serve(
        &mut self,
        ask: Ask,
        table: TableId,
        version: u64,
        ctx: &mut Context,
        out: &mut Outbox,
    ) -> Result<(), Denial> {
        if self.force_leader.is_some() {
            return Err(Denial::RecoveryInProgress);
        }
        if !self.is_leader() {
            // Clients who find no leader wake a sleeping region.
            self.alarm(ctx);
            let leader = self.leader_id().and_then(|id| self.region().peer(id));
            return Err(leader.map_or(Denial::NoLeader, Denial::NotLeader));
        }
        if self.region().epoch.version != version {
            return Err(Denial::EpochNotMatch);
        }
        match ask {
            Ask::Write if self.merge_state().is_some() => Err(Denial::Merging),
            // TiKV: `peer.rs:CmdEpochChecker`.
            Ask::Write if self.awaits_new_version() => Err(Denial::EpochNotMatch),
            // raft-rs drops proposals while leadership is handed over.
            Ask::Write if !self.propose_write(table, ctx, out) => Err(Denial::NoLeader),
            Ask::Write => Ok(()),
            Ask::Read => {
                self.read(ctx, out);
                Ok(())
            }
        }
    }

    /// A write by hand, at the leader: nobody waits for its answer longer than a client would.
    pub(crate) fn put(&mut self, ctx: &mut Context, out: &mut Outbox) {
        if self.is_leader() && self.force_leader.is_none() && self.merge_state().is_none() {
            let table = self.region().start.table().unwrap_or(TableId(0));
            self.propose_write(table, ctx, out);
        }
    }

    /// Proposes a client's write. Returns whether the peer could.
    fn propose_write(&mut self, table: TableId, ctx: &mut Context, out: &mut Outbox) -> bool {
        self.wake(ctx);
        let bytes = Proposal::Write(table).encode();
        let proposed = self.drive(ctx, |node| node.propose(Vec::new(), bytes)).is_ok();
        if proposed {
            let (index, term, since) = (self.last_index(), self.term(), ctx.now);
            self.waiting.writes.push_back(PendingWrite { index, term, since });
        }
        self.handle_ready(ctx, out);
        proposed
    }

    /// A read: at once within the lease, else when a quorum has confirmed that this peer leads.
    fn read(&mut self, ctx: &mut Context, out: &mut Outbox) {
        if self.holds_lease(ctx.now) && !self.awaits_new_version() {
            return ctx.tally.count(self.region_id(), Ask::Read, Outcome::Answered);
        }
        self.wake(ctx);
        let token = ctx.agenda.serial();
        self.waiting.reads.push_back(PendingRead { token, since: ctx.now, index: None });
        self.drive(ctx, |node| node.read_index(token.to_le_bytes().to_vec()));
        self.handle_ready(ctx, out);
    }

    fn holds_lease(&self, now: Millis) -> bool {
        let heard = |store: StoreId| {
            let peer = self.region().peer_on(store);
            let at = peer.and_then(|peer| self.heard.iter().find(|(id, _)| *id == peer.id));
            store == self.store() || at.is_some_and(|(_, at)| now.since(*at) < LEASE_MS)
        };
        let members = self.region().peers.iter().map(|peer| peer.store);
        let silent: Vec<StoreId> = members.filter(|store| !heard(*store)).collect();
        self.node.raft.commit_to_current_term() && has_quorum_without(self.region(), &silent)
    }

    /// raft-rs has confirmed reads.
    pub(super) fn on_read_states(&mut self, states: Vec<ReadState>) {
        for state in states {
            let is_it = |read: &&mut PendingRead| {
                state.request_ctx.as_slice() == read.token.to_le_bytes().as_slice()
            };
            if let Some(read) = self.waiting.reads.iter_mut().find(is_it) {
                read.index = Some(state.index);
            }
        }
    }

    /// Answers the reads whose index is applied.
    pub(super) fn answer_reads(&mut self, ctx: &mut Context) {
        let (applied, region) = (self.applied_index(), self.region_id());
        while let Some(read) = self.waiting.reads.front() {
            if read.index.is_none_or(|index| applied < index) {
                return;
            }
            self.waiting.reads.pop_front();
            ctx.tally.count(region, Ask::Read, Outcome::Answered);
        }
    }

    /// An entry is applied: if it is a client's write, the client hears of it.
    pub(super) fn acknowledge(&mut self, index: u64, term: u64, ctx: &mut Context) {
        while let Some(write) = self.waiting.writes.front() {
            if index < write.index {
                return;
            }
            if (write.index, write.term) == (index, term) {
                ctx.tally.acknowledge(self.region(), index);
            } else {
                ctx.tally.count(self.region_id(), Ask::Write, Outcome::StaleCommand);
            }
            self.waiting.writes.pop_front();
        }
    }

    /// Clients who have waited too long give up.
    pub(super) fn tire_clients(&mut self, ctx: &mut Context) {
        let (now, region) = (ctx.now, self.region_id());
        let tired = |since: Millis| PATIENCE_MS <= now.since(since);
        while self.waiting.writes.front().is_some_and(|write| tired(write.since)) {
            self.waiting.writes.pop_front();
            ctx.tally.count(region, Ask::Write, Outcome::TimedOut);
        }
        while self.waiting.reads.front().is_some_and(|read| tired(read.since)) {
            self.waiting.reads.pop_front();
            ctx.tally.count(region, Ask::Read, Outcome::TimedOut);
        }
    }

    /// Whoever waits for this peer learns that it cannot answer.
    pub(super) fn turn_clients_away(&mut self, outcome: Outcome, ctx: &mut Context) {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.writes.iter().for_each(|_| ctx.tally.count(self.region_id(), Ask::Write, outcome));
        waiting.reads.iter().for_each(|_| ctx.tally.count(self.region_id(), Ask::Read, outcome));
    }
}
