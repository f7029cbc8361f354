//! From a value to its bucket and back: exactly as Prometheus' clients do it, by edge table and never by logarithm.
//!
//! Bucket i of schema s holds base^(i-1) < v <= base^i with base = 2^(2^-s). The fraction of `frexp` decides within an octave,
//! its exponent picks the octave. The rounded edges of the table are the truth, not the real numbers behind them.

use std::sync::OnceLock;

use super::edges::EDGES;

/// The finest schema.
pub(crate) const MAX_SCHEMA: i8 = 8;
/// The coarsest schema.
pub(crate) const MIN_SCHEMA: i8 = -4;

const MANTISSA: u64 = (1 << 52) - 1;

/// `frexp` by bits: (mantissa bits, exponent) of v = f * 2^e with f in [0.5, 1). The value is positive and finite.
fn frexp(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let raw = (bits >> 52) as i32 & 0x7ff;
    if raw != 0 {
        return (bits & MANTISSA, raw - 1022);
    }
    // Subnormal: 2^64 makes it normal without losing a bit.
    let bits = (value * 18_446_744_073_709_551_616.0).to_bits();
    (bits & MANTISSA, ((bits >> 52) as i32 & 0x7ff) - 1022 - 64)
}

/// Finds buckets of one schema in two loads and one comparison.
///
/// The top s+1 mantissa bits name a slot. A slot is narrower than the narrowest bucket, so it holds at most one edge: the
/// table says how many edges lie before the slot, the comparison whether the one inside lies before the value.
#[derive(Debug, Clone)]
pub(crate) struct Indexer {
    schema: i8,
    shift: u32,
    slots: Box<[u16]>,
    /// Edges of an octave, and one more that nothing exceeds.
    edges: Box<[u64]>,
}

impl Indexer {
    /// The one of a schema that everybody may use off the hot path, made when first asked for.
    pub(crate) fn shared(schema: i8) -> &'static Indexer {
        const ALL: usize = (MAX_SCHEMA - MIN_SCHEMA + 1) as usize;
        static SHARED: [OnceLock<Indexer>; ALL] = [const { OnceLock::new() }; ALL];
        let schema = schema.clamp(MIN_SCHEMA, MAX_SCHEMA);
        SHARED[(schema - MIN_SCHEMA) as usize].get_or_init(|| Indexer::new(schema))
    }

    /// For a schema in -4..=8; others are brought into that range.
    pub(crate) fn new(schema: i8) -> Indexer {
        let schema = schema.clamp(MIN_SCHEMA, MAX_SCHEMA);
        if schema <= 0 {
            return Indexer {
                schema,
                shift: 0,
                slots: Box::default(),
                edges: Box::default(),
            };
        }
        let per_octave = 1usize << schema;
        let stride = EDGES.len() / per_octave;
        let edges: Box<[u64]> = EDGES
            .iter()
            .step_by(stride)
            .copied()
            .chain([u64::MAX])
            .collect();
        let shift = 52 - (u32::from(schema.unsigned_abs()) + 1);
        let slots = (0..2 * per_octave as u64)
            .map(|slot| edges.partition_point(|edge| *edge < slot << shift) as u16)
            .collect();
        Indexer {
            schema,
            shift,
            slots,
            edges,
        }
    }

    /// The bucket of a positive, finite value.
    #[inline]
    pub(crate) fn index(&self, value: f64) -> i32 {
        let (mantissa, exponent) = frexp(value);
        if self.schema <= 0 {
            return whole_octaves(mantissa, exponent, self.schema);
        }
        let before = self.slots[(mantissa >> self.shift) as usize];
        let within = i32::from(before) + i32::from(self.edges[usize::from(before)] < mantissa);
        within + ((exponent - 1) << self.schema)
    }
}

fn whole_octaves(mantissa: u64, exponent: i32, schema: i8) -> i32 {
    let exponent = if mantissa == 0 {
        exponent - 1
    } else {
        exponent
    };
    let shift = u32::from(schema.unsigned_abs());
    (exponent + (1 << shift) - 1) >> shift
}

/// The upper edge of a bucket, inclusive; `f64::MAX` for the bucket that would overflow, infinity above it.
pub(crate) fn upper_edge(index: i32, schema: i8) -> f64 {
    if schema <= 0 {
        let shift = u32::from(schema.unsigned_abs());
        return power_of_two(i64::from(index) << shift);
    }
    let per_octave = 1i32 << schema;
    let within = (index & (per_octave - 1)) as usize * (EDGES.len() / per_octave as usize);
    let octave = i64::from(index >> schema);
    let fraction = f64::from_bits(EDGES[within] | 0x3ff0_0000_0000_0000);
    if octave >= 1024 {
        power_of_two(if within == 0 { octave } else { octave + 1 })
    } else {
        scale(fraction, octave)
    }
}

/// The lower edge of a bucket, exclusive.
pub(crate) fn lower_edge(index: i32, schema: i8) -> f64 {
    upper_edge(index.saturating_sub(1), schema)
}

fn power_of_two(exponent: i64) -> f64 {
    match exponent {
        1024 => f64::MAX,
        1025.. => f64::INFINITY,
        _ => scale(1.0, exponent),
    }
}

/// value * 2^exponent, rounded once, also where the result is subnormal.
fn scale(value: f64, exponent: i64) -> f64 {
    if exponent < -1022 {
        // 2^-1022 is the least normal power: two steps, of which only the last one rounds.
        let rest = (exponent + 1022).max(-1022);
        return value * normal_power(rest) * f64::MIN_POSITIVE;
    }
    value * normal_power(exponent)
}

fn normal_power(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// The index that a bucket has `steps` schemas further down.
pub(crate) fn coarser(index: i32, steps: u32) -> i32 {
    ((index - 1) >> steps) + 1
}

/// The least bucket edge of a schema that is not below the threshold; 0 stays 0.
pub(crate) fn edge_at_or_above(threshold: f64, schema: i8) -> f64 {
    if threshold > 0.0 && threshold.is_finite() {
        upper_edge(Indexer::shared(schema).index(threshold), schema)
    } else {
        threshold
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_indexes_are_those_of_prometheus() {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../testdata/bucket-index-cases.json")).unwrap();
        let rows = cases["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 195);
        for row in rows {
            let schema = row[0].as_i64().unwrap() as i8;
            let value = row[1].as_f64().unwrap();
            assert_eq!(
                i64::from(Indexer::new(schema).index(value)),
                row[2].as_i64().unwrap(),
                "schema {schema}, {value:e}"
            );
        }
    }

    #[test]
    fn every_edge_belongs_to_its_bucket_and_the_next_double_to_the_next() {
        for schema in MIN_SCHEMA..=MAX_SCHEMA {
            let indexer = Indexer::new(schema);
            for index in -2000..2000 {
                let edge = upper_edge(index, schema);
                if (f64::MIN_POSITIVE..f64::MAX).contains(&edge) {
                    assert_eq!(indexer.index(edge), index, "schema {schema}");
                    assert_eq!(
                        indexer.index(f64::from_bits(edge.to_bits() + 1)),
                        index + 1,
                        "schema {schema}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_last_finite_bucket_ends_at_the_greatest_double() {
        assert_eq!(upper_edge(8192, 3), f64::MAX);
        assert_eq!(upper_edge(8193, 3), f64::INFINITY);
        assert_eq!(upper_edge(64, -4), f64::MAX);
    }

    proptest! {
        #[test]
        fn a_value_lies_between_its_edges(bits in 1u64..0x7ff0_0000_0000_0000, schema in MIN_SCHEMA..=MAX_SCHEMA) {
            let value = f64::from_bits(bits);
            let index = Indexer::new(schema).index(value);
            prop_assert!(value <= upper_edge(index, schema));
            // Subnormal edges are rounded: there the lower edge may round up onto the value.
            let lower = lower_edge(index, schema);
            prop_assert!(lower < value || value < f64::MIN_POSITIVE && lower <= value);
        }

        #[test]
        fn the_next_coarser_schema_follows_from_the_index(bits in 1u64..0x7ff0_0000_0000_0000, schema in -3i8..=MAX_SCHEMA) {
            let value = f64::from_bits(bits);
            let fine = Indexer::new(schema).index(value);
            prop_assert_eq!(Indexer::new(schema - 1).index(value), coarser(fine, 1));
        }
    }
}
