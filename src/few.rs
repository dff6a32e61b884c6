//! Lists that hold one item as a rule. A list that grows by itself makes room for four at once,
//! which in a session's lists costs more than all else that an idle session keeps.

use std::collections::VecDeque;

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
}
