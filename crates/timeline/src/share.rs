//! [`Share`]: one worker's part of the whole test. The shares of all workers add up to exactly the whole.

use crate::{
    Segment, SegmentError, SegmentSequence, Stripe,
    segment::Point,
    stripe::{MAX_PERIOD, deal},
};

/// One worker's part of the whole test: a segment and the sequence that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    sequence: SegmentSequence,
    /// Where the segment stands in the sequence.
    position: usize,
    /// Each segment's length in units of 1/L, L being their sum.
    weights: Vec<u64>,
    stripe: Stripe,
}

impl Share {
    /// Everything.
    #[must_use]
    pub fn whole() -> Self {
        Self {
            sequence: SegmentSequence::default(),
            position: 0,
            weights: vec![1],
            stripe: Stripe::whole(),
        }
    }

    /// k6's `executionSegment` and `executionSegmentSequence`. Without a sequence the segment is filled up to the whole,
    /// which adds up over workers only where all fill up to the same; `sequence` with the default segment is an error
    /// unless it is the whole as well.
    ///
    /// # Errors
    /// Where the segment is none of the sequence's intervals, or their common denominator is above four million.
    pub fn segment(
        segment: Segment,
        sequence: Option<&SegmentSequence>,
    ) -> Result<Self, SegmentError> {
        let sequence = sequence
            .cloned()
            .unwrap_or_else(|| SegmentSequence::around(segment));
        let position = sequence
            .position(segment)
            .ok_or_else(|| SegmentError::NotInSequence {
                segment: segment.to_string(),
                sequence: sequence.to_string(),
            })?;
        Self::at(sequence, position)
    }

    /// Worker `index` of `count` equal ones: segment `index/count : (index+1)/count`.
    ///
    /// # Errors
    /// Where `index` is not below `count`, or `count` is above four million.
    pub fn worker(index: u64, count: u64) -> Result<Self, SegmentError> {
        if index >= count {
            return Err(SegmentError::Index { index, count });
        }
        if count > MAX_PERIOD {
            return Err(SegmentError::TooFine);
        }
        let points: Vec<_> = (0..=count).map(|i| Point::new(i, count)).collect();
        Self::at(SegmentSequence::through(&points)?, index as usize)
    }

    /// Worker `index` of as many as there are weights, each with its weight's part of the whole.
    ///
    /// # Errors
    /// Where there is no such weight, one is 0, or their sum is above four million after reduction.
    pub fn weighted(index: u64, weights: &[u64]) -> Result<Self, SegmentError> {
        let count = weights.len() as u64;
        if index >= count {
            return Err(SegmentError::Index { index, count });
        }
        let total = weights
            .iter()
            .try_fold(0_u64, |sum, &weight| sum.checked_add(weight))
            .ok_or(SegmentError::Weight)?;
        if weights.contains(&0) {
            return Err(SegmentError::Weight);
        }
        let mut points = vec![Point::ZERO];
        let mut sum = 0;
        for weight in weights {
            sum += weight;
            points.push(Point::new(sum, total));
        }
        Self::at(SegmentSequence::through(&points)?, index as usize)
    }

    fn at(sequence: SegmentSequence, position: usize) -> Result<Self, SegmentError> {
        let weights = sequence.weights()?;
        let stripe =
            Stripe::of(&weights, position).expect("a segment is not empty, so its weight is not 0");
        Ok(Self {
            sequence,
            position,
            weights,
            stripe,
        })
    }

    /// Whether this worker does everything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.weights.len() == 1
    }

    /// The segment.
    #[must_use]
    pub fn own_segment(&self) -> Segment {
        self.sequence.segments()[self.position]
    }

    /// The sequence that it stands in.
    #[must_use]
    pub fn sequence(&self) -> &SegmentSequence {
        &self.sequence
    }

    /// How much of the whole, in (0, 1].
    #[must_use]
    pub fn fraction(&self) -> f64 {
        self.own_segment().length()
    }

    /// This share of a count: how many of the ordinals below `count` it owns. Adds up to `count` over all workers.
    #[must_use]
    pub fn scale(&self, count: u64) -> u64 {
        self.stripe.owned_below(count)
    }

    /// The ordinals that it owns under the plain sequence: those of VUs, and of the iterations of looping VUs.
    #[must_use]
    pub fn stripe(&self) -> Stripe {
        self.stripe.clone()
    }

    /// The ordinals that it owns under the sequence rescaled by `count`: those of arrival rates (by maxVUs) and of shared
    /// iterations (by vus). `None` where its share of `count` is 0. For counts above four million that the sequence does
    /// not divide evenly, the plain stripe, which then differs from the rescaled one by less than one part in a million.
    #[must_use]
    pub fn stripe_rescaled(&self, count: u64) -> Option<Stripe> {
        if self.scale(count) == 0 {
            return None;
        }
        let period: u64 = self.weights.iter().sum();
        if count.is_multiple_of(period) || count > MAX_PERIOD {
            return Some(self.stripe());
        }
        Stripe::of(&self.scaled_lengths(count, period), self.position)
    }

    /// Every segment's share of `count`.
    fn scaled_lengths(&self, count: u64, period: u64) -> Vec<u64> {
        let mut lengths: Vec<u64> = self
            .weights
            .iter()
            .map(|weight| weight * (count / period))
            .collect();
        deal(&self.weights, count % period, |_, owner| {
            lengths[owner] += 1;
        });
        lengths
    }
}

#[cfg(test)]
mod tests;
