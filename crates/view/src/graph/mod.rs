//! The region graph: what is the matter with each region and store ([`marks`]), and what belongs
//! to what somebody holds ([`related`]), which regions are looked for
//! ([`filter`]), the graph with its places ([`map`]), ten thousand regions at a glance ([`heat`]),
//! and the Raft state of one ([`raft`]).

pub mod filter;
pub mod heat;
pub mod map;
pub mod marks;
pub mod raft;
pub mod related;
pub mod words;
