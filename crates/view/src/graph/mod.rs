//! The region graph: what is the matter with each region and store ([`marks`]), and what belongs
//! to what somebody holds ([`related`]), and which regions are looked for ([`filter`]).

pub mod filter;
pub mod marks;
pub mod related;
pub mod words;
