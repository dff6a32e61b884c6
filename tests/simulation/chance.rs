//! Chance: from a seed, the same life on every machine; or from bytes, of which each decides one
//! thing, so that whoever changes a byte changes one thing that happens.

/// SplitMix64, after the bytes that decide instead of it as long as there are any.
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    /// Last one first.
    bytes: Option<Vec<u8>>,
    state: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
        Chance { bytes: None, state }
    }

    /// Decided by bytes, and always in the same way after them.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Chance {
        Chance { bytes: Some(bytes.iter().rev().copied().collect()), ..Chance::new(0) }
    }

    /// Whether bytes decide, or did.
    pub(crate) fn is_of_bytes(&self) -> bool {
        self.bytes.is_some()
    }

    /// Whether it was given bytes and has used all of them.
    pub(crate) fn is_spent(&self) -> bool {
        self.bytes.as_ref().is_some_and(Vec::is_empty)
    }

    /// Any number. Never from bytes.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of the numbers below `n`: of one byte where that can name them all.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n <= 1 {
            return 0;
        }
        let mut byte = || self.bytes.as_mut()?.pop().map(usize::from);
        let number = match (byte(), n) {
            (Some(first), ..=256) => first,
            (Some(first), _) => first << 8 | byte().unwrap_or_default(),
            (None, _) => return (self.next() % n as u64) as usize,
        };
        number % n
    }

    /// One of the numbers `from..=to`.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// Up to so many bytes, of which at least one.
    pub(crate) fn text(&mut self, bytes_max: usize) -> Vec<u8> {
        let count = self.between(1, bytes_max);
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    /// One of the places where `is` holds.
    pub(crate) fn place<T>(&mut self, all: &[T], is: impl Fn(&T) -> bool) -> Option<usize> {
        let places: Vec<usize> = (0..all.len()).filter(|&at| is(&all[at])).collect();
        (!places.is_empty()).then(|| self.pick(&places))
    }
}
