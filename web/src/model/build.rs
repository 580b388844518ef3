//! The forms for building a cluster: what was given, and what is wrong with it.

use view::build::{FORMS, Form};

use super::{Effect, Model, Update};

/// Something in the forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildMsg {
    /// A field of a form was changed: the form, the field, the value.
    Give(usize, usize, String),
    /// Carry out the line that a form comes to.
    Do(usize),
}

/// What was given in the forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    /// By form, by field.
    values: Vec<Vec<String>>,
    /// Which form cannot be carried out, and the tool's words.
    pub(crate) wrong: Option<(usize, String)>,
}

impl Model {
    /// Fills the forms with what the first world suggests.
    pub(super) fn begin_forms(&mut self) {
        let view = self.world(0);
        let values = FORMS.iter().map(|form| form.values(view)).collect();
        self.build = Build { values, wrong: None };
    }

    pub(super) fn use_forms(&mut self, msg: BuildMsg) -> Update {
        match msg {
            BuildMsg::Give(form, field, value) => {
                self.build.wrong = None;
                let given = self.build.values.get_mut(form).and_then(|form| form.get_mut(field));
                if let Some(given) = given {
                    *given = value;
                }
                Update::redraw()
            }
            BuildMsg::Do(at) => match FORMS.get(at) {
                Some(form) => self.carry_out_form_of(at, form),
                None => Update::nothing(),
            },
        }
    }

    fn carry_out_form_of(&mut self, at: usize, form: &Form) -> Update {
        let line = self.form_line(at, form);
        if let Err(error) = scenario::parse(&line) {
            self.build.wrong = Some((at, error.problem.to_string()));
            return Update::redraw();
        }
        self.sheet = None;
        let mut update = self.choose_line(&line);
        update.effects.insert(0, Effect::CloseSheet);
        update
    }

    /// What is given in a field.
    pub(crate) fn given(&self, form: usize, field: usize) -> &str {
        let form = self.build.values.get(form).map(Vec::as_slice).unwrap_or_default();
        form.get(field).map_or("", String::as_str)
    }

    /// The line that a form comes to.
    pub(crate) fn form_line(&self, at: usize, form: &Form) -> String {
        let values = self.build.values.get(at).map(Vec::as_slice).unwrap_or_default();
        match values.len() == form.fields.len() {
            true => form.line_of(values, self.world(0)),
            false => String::new(),
        }
    }
}
