//! The page in a real browser. `cargo xtask test` builds and serves it first, and says by
//! REGIONSCOPE_BROWSER which browser it is.

mod page;
mod side;

mod access;
mod alone;
mod controls;
mod determinism;
mod graph;
mod hands;
mod kept;
mod menus;
mod offline;
mod opening;
mod overlays;
mod share;
mod time;
mod touch;
