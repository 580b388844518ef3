//! The region graph: what is the matter with each region and store ([`marks`]), and what belongs
//! to what somebody holds ([`related`]).

pub mod marks;
pub mod related;
pub mod words;
