//! Numbers, keys and regions as bytes, for the log entries that carry such.

use crate::ids::{PeerId, RegionId, StoreId};
use crate::region::{Key, Peer, PeerRole, Region, RegionEpoch};

/// Writes one thing after the other.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// All that was written, after `kind`.
    pub(super) fn finish(self, kind: u8) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend(self.bytes);
        bytes
    }

    pub(super) fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend(bytes);
    }

    pub(super) fn epoch(&mut self, epoch: RegionEpoch) {
        self.number(epoch.version);
        self.number(epoch.conf_ver);
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| write(self, item));
    }

    pub(super) fn region(&mut self, region: &Region) {
        self.number(region.id.0);
        self.bytes(region.start.bytes());
        self.bytes(region.end.bytes());
        self.epoch(region.epoch);
        self.list(&region.peers, |out, peer| {
            out.number(peer.id.0);
            out.number(peer.store.0);
            out.number(peer.role as u64);
        });
    }
}

/// Bytes as either codec keeps them: prost in a `Vec`, protobuf in its own type.
pub(super) fn owned<T: From<Vec<u8>>>(bytes: &[u8]) -> T {
    bytes.to_vec().into()
}

/// Reads what a [`Writer`] wrote, in the same order.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the beginning.
    pub(super) fn of(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn number(&mut self) -> u64 {
        let (number, rest) = self.rest.split_first_chunk().expect("a number was written here");
        self.rest = rest;
        u64::from_le_bytes(*number)
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let length = self.number() as usize;
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        bytes
    }

    pub(super) fn key(&mut self) -> Key {
        Key::new(self.bytes())
    }

    pub(super) fn epoch(&mut self) -> RegionEpoch {
        RegionEpoch { version: self.number(), conf_ver: self.number() }
    }

    pub(super) fn list<T>(&mut self, mut read: impl FnMut(&mut Reader<'a>) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    pub(super) fn region(&mut self) -> Region {
        const ROLES: [PeerRole; 4] =
            [PeerRole::Voter, PeerRole::Learner, PeerRole::IncomingVoter, PeerRole::DemotingVoter];
        let (id, start, end) = (RegionId(self.number()), self.key(), self.key());
        let epoch = self.epoch();
        let peers = self.list(|from| Peer {
            id: PeerId(from.number()),
            store: StoreId(from.number()),
            role: ROLES[from.number() as usize],
        });
        Region { id, start, end, epoch, peers }
    }
}
