//! Lists that hold one item as a rule, or none. A list that grows by itself makes room for four at
//! once, which in a session's lists costs more than all else that an idle session keeps.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

/// A list that can be told to make room for one item only.
pub trait Few<T> {
    /// Adds `item` at the end, with room for no other one if it is the first.
    fn push_few(&mut self, item: T);
}

impl<T> Few<T> for Vec<T> {
    fn push_few(&mut self, item: T) {
        if self.capacity() == 0 {
            self.reserve_exact(1);
        }
        self.push(item);
    }
}

impl<T> Few<T> for VecDeque<T> {
    fn push_few(&mut self, item: T) {
        if self.capacity() == 0 {
            self.reserve_exact(1);
        }
        self.push_back(item);
    }
}

/// Takes the first item; the last one gives the memory back.
pub fn pop_few<T>(list: &mut VecDeque<T>) -> Option<T> {
    let item = list.pop_front();
    if list.is_empty() && list.capacity() > 0 {
        *list = VecDeque::new();
    }
    item
}

/// A list that is empty as a rule, and takes the room of a pointer then. It is read as a slice.
#[derive(Clone, Debug)]
#[expect(clippy::box_collection, reason = "a list has the room of three pointers, empty or not")]
pub struct Rare<T>(Option<Box<Vec<T>>>);

impl<T> Rare<T> {
    fn list(&mut self) -> &mut Vec<T> {
        self.0.get_or_insert_default()
    }

    /// The last item gives the memory back.
    fn give_back(&mut self) {
        self.0.take_if(|list| list.is_empty());
    }

    /// Adds `item` at the end.
    pub fn push(&mut self, item: T) {
        self.list().push_few(item);
    }

    /// Takes the item at this place out; those behind it move up.
    ///
    /// # Panics
    /// If there is none.
    pub fn remove(&mut self, at: usize) -> T {
        let item = self.list().remove(at);
        self.give_back();
        item
    }

    /// Takes those out of which `keep` is false.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(list) = &mut self.0 {
            list.retain(keep);
        }
        self.give_back();
    }

    /// Takes all out.
    pub fn take(&mut self) -> Vec<T> {
        self.0.take().map_or_else(Vec::new, |list| *list)
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Rare<T> {
        Rare(None)
    }
}

impl<T> Deref for Rare<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_takes_the_room_of_one_and_more_come_all_the_same() {
        let (mut list, mut queue) = (Vec::new(), VecDeque::new());
        for item in 0..9 {
            list.push_few(item);
            queue.push_few(item);
            if item == 0 {
                assert_eq!((list.capacity(), queue.capacity()), (1, 1));
            }
        }
        assert_eq!(list, (0..9).collect::<Vec<_>>());
        assert_eq!(queue, (0..9).collect::<VecDeque<_>>());
        assert_eq!(std::iter::from_fn(|| pop_few(&mut queue)).count(), 9);
        assert_eq!(queue.capacity(), 0);
    }

    #[test]
    fn a_list_that_is_empty_as_a_rule_takes_a_pointer_until_there_is_something() {
        let mut list = Rare::default();
        assert_eq!((size_of_val(&list), list.len()), (size_of::<usize>(), 0));
        (0..5).for_each(|item| list.push(item));
        assert_eq!(list.remove(1), 1);
        list.retain(|item| *item != 3);
        assert_eq!(*list, [0, 2, 4]);
        assert_eq!(list.take(), [0, 2, 4]);
        list.push(5);
        list.retain(|_| false);
        assert!(list.0.is_none());
        list.push(6);
        assert_eq!((list.remove(0), list.0.is_none()), (6, true));
    }
}
