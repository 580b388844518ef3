//! The worlds: their releases and knobs, one more, or one fewer. Each time the same deeds are lived
//! through again.

use std::collections::VecDeque;

use scenario::{Deed, Record, Target};
use sim::Release;
use view::knob::{Knob, release_of};

use super::branches::Arrival;
use super::{Model, Session, Update, WorldKnobs};

/// So many worlds can be held beside each other in one look.
pub(crate) const MOST_WORLDS: usize = 4;

/// Another world, or one fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldMsg {
    /// One more, like this one.
    Copy(usize),
    /// Without this one. What was done in it alone is forgotten.
    Remove(usize),
}

impl Model {
    /// Takes in what is about the number of worlds.
    pub(super) fn change_worlds(&mut self, msg: WorldMsg) -> Update {
        let mut record = self.heir_record();
        let worlds = record.worlds.len();
        match msg {
            WorldMsg::Copy(world) if world < worlds && worlds < MOST_WORLDS => {
                record.worlds.push(self.heir().knobs()[world]);
                copy_deeds(&mut record, world, worlds);
            }
            WorldMsg::Remove(world) if world < worlds && 1 < worlds => {
                record.worlds.remove(world);
                forget_deeds(&mut record, world);
                self.console.target = Target::All;
            }
            WorldMsg::Copy(_) | WorldMsg::Remove(_) => return Update::nothing(),
        }
        self.live_through_again(&record)
    }

    pub(super) fn set_release(&mut self, world: usize, release: Release) -> Update {
        self.set_knobs(world, (Some(release), release.knobs()))
    }

    pub(super) fn set_knob(&mut self, world: usize, knob: Knob, value: usize) -> Update {
        let Some((_, knobs)) = self.heir().knobs().get(world).copied() else {
            return Update::nothing();
        };
        let knobs = knob.set(knobs, value);
        self.set_knobs(world, (release_of(&knobs), knobs))
    }

    fn set_knobs(&mut self, world: usize, knobs: WorldKnobs) -> Update {
        let mut record = self.heir_record();
        // One that is on the screen may be on its way out.
        let Some(own) = record.worlds.get_mut(world) else { return Update::nothing() };
        *own = knobs;
        self.live_through_again(&record)
    }

    /// The same deeds from the start, in other worlds.
    fn live_through_again(&mut self, record: &Record) -> Update {
        let scenario = self.session.run().scenario().clone();
        let mut session = Session::replaying(scenario, record);
        session.bookmarks = self.heir().bookmarks.clone();
        self.come(session, VecDeque::new(), Arrival::Replace)
    }
}

/// What was done in `world` alone is done in its copy, too.
fn copy_deeds(record: &mut Record, world: usize, copy: usize) {
    let mut inputs = Vec::with_capacity(record.inputs.len());
    for input in record.inputs.drain(..) {
        let mut twin = input.clone();
        let is_its_own = match &mut twin.deed {
            Deed::Issue { target: Target::One(one), .. } | Deed::SetKnobs { world: one, .. }
                if *one == world =>
            {
                *one = copy;
                true
            }
            Deed::StartStep(_) | Deed::Issue { .. } | Deed::SetKnobs { .. } => false,
        };
        inputs.push(input);
        inputs.extend(is_its_own.then_some(twin));
    }
    record.inputs = inputs;
}

/// Takes out what was done in `world` alone; the worlds behind it move up.
fn forget_deeds(record: &mut Record, world: usize) {
    record.inputs.retain_mut(|input| match &mut input.deed {
        Deed::Issue { target: Target::One(one), .. } | Deed::SetKnobs { world: one, .. } => {
            let is_kept = *one != world;
            *one -= usize::from(world < *one);
            is_kept
        }
        Deed::StartStep(_) | Deed::Issue { target: Target::All, .. } => true,
    });
}

#[cfg(test)]
mod tests {
    use scenario::Input;
    use sim::Millis;

    use super::*;

    fn record(targets: &[Target]) -> Record {
        let request = scenario::parse("stop store 6").expect("it is in the grammar");
        let deed = |target: &Target| Deed::Issue { request: request.clone(), target: *target };
        let input = |target| Input { at: Millis(5), deed: deed(target) };
        Record {
            scenario: String::new(),
            seed: 0,
            worlds: Vec::new(),
            inputs: targets.iter().map(input).collect(),
            until: Millis(5),
        }
    }

    #[test]
    fn a_copy_has_done_what_its_model_did() {
        let mut copied = record(&[Target::One(0), Target::All, Target::One(1)]);
        copy_deeds(&mut copied, 1, 2);
        let expected = [Target::One(0), Target::All, Target::One(1), Target::One(2)];
        assert_eq!(copied, record(&expected));
    }

    #[test]
    fn without_a_world_the_others_did_what_they_did() {
        let mut left = record(&[Target::One(0), Target::All, Target::One(1), Target::One(2)]);
        forget_deeds(&mut left, 1);
        assert_eq!(left, record(&[Target::One(0), Target::All, Target::One(1)]));
    }
}
