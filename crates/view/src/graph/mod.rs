//! The region graph: what is the matter with each region and store ([`marks`]), and what belongs
//! to what somebody holds ([`related`]), which regions are looked for
//! ([`filter`]), the graph with its places ([`map`]), ten thousand regions at a glance ([`heat`]),
//! the Raft state of one ([`raft`]), and the messages under way ([`flight`]).

pub mod filter;
pub mod flight;
pub mod heat;
pub mod map;
pub mod marks;
pub mod raft;
pub mod related;
pub mod words;
