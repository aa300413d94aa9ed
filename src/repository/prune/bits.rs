//! One bit for each blob of an index: ten million of them are 1.2 MB.

/// Marks of blobs, by their number in an index.
#[derive(Clone, Debug, Default)]
pub(in crate::repository) struct Bits(Vec<u64>);

impl Bits {
    pub(in crate::repository) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Sets a bit; whether it was not set before.
    pub(in crate::repository) fn set(&mut self, number: usize) -> bool {
        let new = !self.has(number);
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        self.0[number / 64] |= 1 << (number % 64);
        new
    }
}
