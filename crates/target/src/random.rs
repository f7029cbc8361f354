//! Seeded random numbers and the distributions of delays. Not for secrets.

/// SplitMix64: one addition and three multiplications a number, any seed is good.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream number `stream` of a seed; streams of one seed do not overlap in practice.
    pub(crate) fn new(seed: u64, stream: u64) -> Random {
        let mut random = Random(seed ^ stream.wrapping_mul(0xA076_1D64_78BD_642F));
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }
}

/// A good mix of 64 bits, SplitMix64's.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_streams_differ() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [random.next(), random.next()]
        };
        assert_eq!(draw(7, 0), draw(7, 0));
        assert_ne!(draw(7, 0), draw(7, 1));
        assert_ne!(draw(7, 0), draw(8, 0));
    }

    #[test]
    fn distributions_have_their_means() {
        let mut random = Random::new(1, 0);
        let n = 100_000;
        let mut sums = [0.0; 4];
        for _ in 0..n {
            let normal = random.normal();
            sums[0] += random.unit();
            sums[1] += normal;
            sums[2] += normal * normal;
            sums[3] += random.exponential();
        }
        for (sum, expected) in sums.iter().zip([0.5, 0.0, 1.0, 1.0]) {
            assert!((sum / f64::from(n) - expected).abs() < 0.02, "{sums:?}");
        }
    }
}
