//! Buckets as spans and deltas, the form of remote write's Histogram message.

use super::Histogram;

/// A run of neighbouring buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Of the first span: its first bucket's index. Of later ones: how many empty buckets lie before it.
    pub offset: i32,
    /// How many buckets.
    pub length: u32,
}

/// One side of a histogram, encoded: the first count, then the differences between neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spans {
    /// Runs of buckets.
    pub spans: Vec<Span>,
    /// One for each bucket of all spans.
    pub deltas: Vec<i64>,
}

/// Longest gap that is cheaper as zeros within a span than as a new one.
const BRIDGED: i32 = 2;

impl Spans {
    /// Encodes counts that come by rising index.
    pub fn encode(counts: impl Iterator<Item = (i32, u64)>) -> Spans {
        let mut encoded = Spans::default();
        let mut next = 0;
        let mut last = 0i64;
        for (index, count) in counts {
            let gap = index - next;
            match encoded.spans.last_mut() {
                Some(span) if gap <= BRIDGED => {
                    span.length += gap as u32 + 1;
                    for _ in 0..gap {
                        encoded.deltas.push(-last);
                        last = 0;
                    }
                }
                Some(_) | None => encoded.spans.push(Span {
                    offset: gap,
                    length: 1,
                }),
            }
            // Two's complement: the difference is right even where a count exceeds i64.
            encoded.deltas.push((count as i64).wrapping_sub(last));
            last = count as i64;
            next = index + 1;
        }
        encoded
    }
}

impl Histogram {
    /// Both sides, positive first.
    #[must_use]
    pub fn spans_deltas(&self) -> (Spans, Spans) {
        (
            Spans::encode(self.positive.iter()),
            Spans::encode(self.negative.iter()),
        )
    }
}
