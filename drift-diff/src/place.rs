//! `Place`: where the walk stands, in all three planes at once.

use drift_model::{FieldPath, Step, StepView};

use crate::list::Slot;

/// Planes in the order of [`drift_model::Plane`].
pub(crate) const DESIRED: usize = 0;
/// See [`DESIRED`].
pub(crate) const RECORDED: usize = 1;
/// See [`DESIRED`].
pub(crate) const ACTUAL: usize = 2;

/// Where the walk stands. An element of a list may have another position in each plane.
#[derive(Debug, Default)]
pub(crate) struct Place<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Debug)]
enum Frame<'a> {
    Field(&'a str),
    Element { step: Step, at: Slot },
}

impl<'a> Place<'a> {
    pub(crate) fn enter_field(&mut self, name: &'a str) {
        self.frames.push(Frame::Field(name));
    }

    pub(crate) fn enter_element(&mut self, step: Step, at: Slot) {
        self.frames.push(Frame::Element { step, at });
    }

    pub(crate) fn leave(&mut self) {
        self.frames.pop();
    }

    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// The field or map entry that led here most recently, list elements aside: the name of the list that an element
    /// is in.
    pub(crate) fn last_field(&self) -> Option<&'a str> {
        self.fields().last()
    }

    /// The field that holds this one: the name of the map that an entry is in. `None` for a field of a list's element.
    pub(crate) fn map(&self) -> Option<&'a str> {
        match self.frames.as_slice() {
            [.., Frame::Field(map), Frame::Field(_)] => Some(*map),
            _ => None,
        }
    }

    /// All field names on the way here.
    pub(crate) fn fields(&self) -> impl DoubleEndedIterator<Item = &'a str> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Field(name) => Some(*name),
            Frame::Element { .. } => None,
        })
    }

    /// How many lists the place is within.
    pub(crate) fn elements(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame, Frame::Element { .. })).count()
    }

    pub(crate) fn is_element(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::Element { .. }))
    }

    pub(crate) fn path(&self) -> FieldPath {
        self.frames
            .iter()
            .map(|frame| match frame {
                Frame::Field(name) => Step::field(*name),
                Frame::Element { step, .. } => step.clone(),
            })
            .collect()
    }

    /// The list elements on the way here: how deep, and where in each plane's list.
    pub(crate) fn slots(&self) -> Vec<(usize, Slot)> {
        let slots = self.frames.iter().enumerate().filter_map(|(depth, frame)| match frame {
            Frame::Field(_) => None,
            Frame::Element { at, .. } => Some((depth, *at)),
        });
        slots.collect()
    }

    /// The way here, as one plane sees it.
    pub(crate) fn views(&self, plane: usize) -> Vec<StepView<'_>> {
        self.frames
            .iter()
            .map(|frame| match frame {
                Frame::Field(name) => StepView::Field(name),
                Frame::Element { step, at } => {
                    StepView::Element { index: at.get(plane).copied().flatten(), step: Some(step) }
                }
            })
            .collect()
    }

    /// The RFC 6901 pointer of this place in one plane's document; `None` where a list lacks the element there.
    pub(crate) fn pointer(&self, plane: usize) -> Option<String> {
        let mut pointer = String::new();
        for frame in &self.frames {
            pointer.push('/');
            match frame {
                Frame::Field(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Frame::Element { at, .. } => pointer.push_str(&at.get(plane).copied().flatten()?.to_string()),
            }
        }
        Some(pointer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_element_has_one_path_and_a_pointer_for_each_plane() {
        let mut place = Place::default();
        place.enter_field("a/b");
        place.enter_element(Step::key([("name", &json!("app"))]), [Some(0), None, Some(2)]);
        place.enter_field("image");
        assert_eq!(place.path().to_string(), "/a~1b/[name=app]/image");
        assert_eq!(place.pointer(DESIRED).unwrap(), "/a~1b/0/image");
        assert_eq!(place.pointer(RECORDED), None);
        assert_eq!(place.pointer(ACTUAL).unwrap(), "/a~1b/2/image");
        assert_eq!(place.last_field(), Some("image"));
    }
}
