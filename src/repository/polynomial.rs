//! Irreducible polynomials of degree 53 over GF(2), as restic's config must hold one.
//!
//! restic chunks with it and refuses a config whose polynomial is reducible. We chunk another way
//! (see `chunk`), but derive our own table from the same number, so that everything about a
//! repository's cut points lies in one secret value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::repository::malformed::Malformed;
use crate::world::entropy::Entropy;

/// The degree that restic's chunker uses.
const DEGREE: u32 = 53;

/// An irreducible polynomial of degree 53; bit i is the coefficient of x^i.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Polynomial(u64);

impl Polynomial {
    /// Draws one. About one candidate in 27 is irreducible, so this ends quickly.
    pub fn random(entropy: &dyn Entropy) -> Self {
        loop {
            let mut bytes = [0; 8];
            entropy.fill(&mut bytes);
            let low = u64::from_le_bytes(bytes) & ((1 << DEGREE) - 1);
            // Without the constant term x would divide it.
            let candidate = low | 1 << DEGREE | 1;
            if irreducible(candidate) {
                return Self(candidate);
            }
        }
    }

    /// The coefficients.
    pub fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// Hides the value: cut points are part of what the repository keeps secret.
impl fmt::Debug for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Polynomial(…)")
    }
}

impl FromStr for Polynomial {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bits =
            u64::from_str_radix(text, 16).map_err(Malformed::because("chunker polynomial"))?;
        if degree(bits) != Some(DEGREE) || !irreducible(bits) {
            return Err(Malformed::new("chunker polynomial", "not irreducible of degree 53"));
        }
        Ok(Self(bits))
    }
}

impl Serialize for Polynomial {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Polynomial {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Ben-Or's test: f is irreducible if no x^(2^i) - x, i up to half the degree, shares a factor.
fn irreducible(f: u64) -> bool {
    let Some(degree) = degree(f) else { return false };
    let mut power = 2; // x
    (1..=degree / 2).all(|_| {
        power = square_modulo(power, f);
        greatest_common_divisor(f, power ^ 2) == 1
    })
}

fn degree(f: u64) -> Option<u32> {
    f.checked_ilog2()
}

fn square_modulo(a: u64, f: u64) -> u64 {
    let top = degree(f).unwrap_or(0);
    let mut product = 0;
    // Horner's rule over the bits of `a`, from the highest.
    for bit in (0..top).rev() {
        product <<= 1;
        if product >> top & 1 == 1 {
            product ^= f;
        }
        if a >> bit & 1 == 1 {
            product ^= a;
        }
    }
    product
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, remainder(a, b));
    }
    a
}

fn remainder(mut a: u64, b: u64) -> u64 {
    while let (Some(high), Some(low)) = (degree(a), degree(b)) {
        if high < low {
            break;
        }
        a ^= b << (high - low);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::entropy::SystemEntropy;

    #[test]
    fn reducible_and_irreducible_are_told_apart() {
        // The first two are the examples of restic's own design document and chunker tests.
        for good in ["25b468838dcb75", "3da3358b4dc173"] {
            assert_eq!(good.parse::<Polynomial>().unwrap().to_string(), good);
        }
        for bad in ["25b468838dcb77", "25b468838dcb74", "7", "", "zz", "ffffffffffffffff"] {
            assert!(bad.parse::<Polynomial>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_drawn_polynomial_is_one_that_we_accept_ourselves() {
        for _ in 0..20 {
            let drawn = Polynomial::random(&SystemEntropy);
            assert_eq!(drawn.to_string().parse::<Polynomial>().unwrap(), drawn);
        }
    }

    /// Against trial division, on every polynomial of small degree.
    #[test]
    fn the_test_agrees_with_trial_division() {
        for f in 2..2048_u64 {
            let by_trial = (2..f)
                .filter(|d| degree(*d) <= degree(f).map(|n| n / 2))
                .all(|d| remainder(f, d) != 0);
            assert_eq!(irreducible(f), by_trial, "{f:b}");
        }
    }
}
