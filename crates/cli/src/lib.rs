//! What the command line does that tests want to do as well.

pub mod conform;
