//! Random bytes.

/// A source of random bytes fit for keys and nonces.
pub trait Entropy: Send + Sync {
    /// Fills `buffer`. Production entropy cannot fail once the system has booted.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the kernel's generator answers on every supported system");
    }
}

/// Repeatable bytes from a seed (splitmix64): for tests only, never for keys that protect data.
#[cfg(feature = "testkit")]
#[derive(Debug)]
pub struct SeededEntropy(std::sync::Mutex<u64>);

#[cfg(feature = "testkit")]
impl SeededEntropy {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self(std::sync::Mutex::new(seed))
    }
}

#[cfg(feature = "testkit")]
impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        for chunk in buffer.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
