//! k6's execution segments: exact parts of a whole, and sequences of them that fill it.
//!
//! Syntax: a segment is `FROM:TO` or `TO` alone; a point is a fraction `1/3`, a decimal `0.25` or a whole percent `25%`; a
//! sequence is a comma list of ascending points. All arithmetic is on exact rationals; what does not fit is an error.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::stripe::MAX_PERIOD;

/// Why a text or a list of weights is no segment, sequence or share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// A point in no known form.
    #[error(
        "\"{0}\" is no point of a segment; write a fraction (1/3), a decimal (0.25) or a whole percent (25%)"
    )]
    Point(String),
    /// More digits than exact arithmetic here holds.
    #[error("\"{0}\" has more digits than a segment's point can have")]
    TooManyDigits(String),
    /// A point outside 0..=1.
    #[error("point {0} of a segment lies outside 0..1")]
    Outside(String),
    /// Empty or backwards.
    #[error("segment {from}:{to} is empty or runs backwards")]
    Backwards {
        /// Where it begins.
        from: String,
        /// Where it ends.
        to: String,
    },
    /// A text with more than one colon.
    #[error("\"{0}\" is no segment; write FROM:TO")]
    Segment(String),
    /// A sequence with fewer than two points.
    #[error("a segment sequence needs at least two points, \"{0}\" has fewer")]
    TooFewPoints(String),
    /// The segment is none of the sequence's intervals.
    #[error("segment {segment} is none of the intervals of the sequence {sequence}")]
    NotInSequence {
        /// The segment.
        segment: String,
        /// The sequence.
        sequence: String,
    },
    /// Their common denominator is too large to be dealt out.
    #[error(
        "the segments' common denominator is above {MAX_PERIOD}; use rounder fractions or weights"
    )]
    TooFine,
    /// A worker's index that is not below the count, or a count of 0.
    #[error("worker index {index} is not below the count {count}")]
    Index {
        /// The index, from 0.
        index: u64,
        /// How many there are.
        count: u64,
    },
    /// A weight of 0, or weights whose sum overflows.
    #[error("each weight must be above 0, and their sum at most {MAX_PERIOD} once reduced")]
    Weight,
}

/// An exact number in 0..=1, reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Point {
    num: u64,
    /// At least 1.
    den: u64,
}

impl Point {
    pub(crate) const ZERO: Self = Self { num: 0, den: 1 };
    pub(crate) const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den`; the caller has `num <= den` and `den > 0`.
    pub(crate) fn new(num: u64, den: u64) -> Self {
        debug_assert!(num <= den && den > 0);
        let divisor = gcd(u128::from(num), u128::from(den)) as u64;
        Self {
            num: num / divisor,
            den: den / divisor,
        }
    }

    /// `to - self` as (numerator, denominator), reduced. A difference of 64-bit fractions fits into 128 bits.
    fn until(self, to: Self) -> (u128, u128) {
        let den = u128::from(self.den) * u128::from(to.den);
        let num =
            u128::from(to.num) * u128::from(self.den) - u128::from(self.num) * u128::from(to.den);
        let divisor = gcd(num, den);
        (num / divisor, den / divisor)
    }
}

impl PartialOrd for Point {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Point {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = u128::from(self.num) * u128::from(other.den);
        left.cmp(&(u128::from(other.num) * u128::from(self.den)))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 {
            write!(f, "{}", self.num)
        } else {
            write!(f, "{}/{}", self.num, self.den)
        }
    }
}

impl FromStr for Point {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        let (num, den) = if let Some((num, den)) = text.split_once('/') {
            (digits(text, num)?, digits(text, den)?)
        } else if let Some(percent) = text.strip_suffix('%') {
            (digits(text, percent)?, 100)
        } else if let Some((whole, fraction)) = text.split_once('.') {
            let too_many = || SegmentError::TooManyDigits(text.into());
            let fraction_length = u32::try_from(fraction.len()).map_err(|_| too_many())?;
            let den = 10_u64.checked_pow(fraction_length).ok_or_else(too_many)?;
            let whole = digits(text, whole)?.checked_mul(den).ok_or_else(too_many)?;
            (
                whole
                    .checked_add(digits(text, fraction)?)
                    .ok_or_else(too_many)?,
                den,
            )
        } else {
            (digits(text, text)?, 1)
        };
        match den {
            0 => Err(SegmentError::Point(text.into())),
            den if num > den => Err(SegmentError::Outside(text.into())),
            den => Ok(Self::new(num, den)),
        }
    }
}

fn digits(whole: &str, text: &str) -> Result<u64, SegmentError> {
    if text.is_empty() || !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(SegmentError::Point(whole.into()));
    }
    text.parse()
        .map_err(|_| SegmentError::TooManyDigits(whole.into()))
}

pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// An exact, non-empty part of the whole. The default is the whole, `0:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segment {
    /// Invariant: `0 <= from < to <= 1`.
    from: Point,
    to: Point,
}

impl Segment {
    pub(crate) fn new(from: Point, to: Point) -> Result<Self, SegmentError> {
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(SegmentError::Backwards {
                from: from.to_string(),
                to: to.to_string(),
            })
        }
    }

    /// How much of the whole it is.
    #[must_use]
    pub fn length(&self) -> f64 {
        let (num, den) = self.from.until(self.to);
        num as f64 / den as f64
    }
}

impl Default for Segment {
    fn default() -> Self {
        Self {
            from: Point::ZERO,
            to: Point::ONE,
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.from, self.to)
    }
}

impl FromStr for Segment {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        match text.split_once(':') {
            None => Self::new(Point::ZERO, text.parse()?),
            Some((_, to)) if to.contains(':') => Err(SegmentError::Segment(text.into())),
            Some((from, to)) => Self::new(from.parse()?, to.parse()?),
        }
    }
}

/// Segments that fill the whole without gap or overlap, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentSequence {
    /// Invariant: the first begins at 0, each begins where the one before ends, the last ends at 1.
    segments: Vec<Segment>,
}

impl SegmentSequence {
    /// The sequence of a segment that stands alone: itself, filled up to 0 and 1.
    #[must_use]
    pub fn around(segment: Segment) -> Self {
        // Distinct ascending points: the fill cannot fail.
        let fill = [
            (Point::ZERO, segment.from),
            (segment.from, segment.to),
            (segment.to, Point::ONE),
        ];
        Self {
            segments: fill
                .into_iter()
                .filter_map(|(from, to)| Segment::new(from, to).ok())
                .collect(),
        }
    }

    /// Filled up to 0 and 1 where `points` do not reach them.
    pub(crate) fn through(points: &[Point]) -> Result<Self, SegmentError> {
        let mut all = Vec::with_capacity(points.len() + 2);
        all.extend((points.first() != Some(&Point::ZERO)).then_some(Point::ZERO));
        all.extend_from_slice(points);
        all.extend((points.last() != Some(&Point::ONE)).then_some(Point::ONE));
        let segments = all
            .windows(2)
            .map(|ends| Segment::new(ends[0], ends[1]))
            .collect::<Result<_, _>>()?;
        Ok(Self { segments })
    }

    /// Its segments in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where `segment` stands in it.
    #[must_use]
    pub fn position(&self, segment: Segment) -> Option<usize> {
        self.segments
            .binary_search_by(|other| other.from.cmp(&segment.from))
            .ok()
            .filter(|&at| self.segments[at] == segment)
    }

    /// The lengths in units of 1/L, L being the lengths' least common denominator.
    pub(crate) fn weights(&self) -> Result<Vec<u64>, SegmentError> {
        let lengths: Vec<_> = self
            .segments
            .iter()
            .map(|segment| segment.from.until(segment.to))
            .collect();
        let mut period: u128 = 1;
        for &(_, den) in &lengths {
            period = (period / gcd(period, den))
                .checked_mul(den)
                .ok_or(SegmentError::TooFine)?;
            if period > u128::from(MAX_PERIOD) {
                return Err(SegmentError::TooFine);
            }
        }
        // num <= den <= period <= MAX_PERIOD: nothing here overflows or is cut.
        Ok(lengths
            .into_iter()
            .map(|(num, den)| (num * (period / den)) as u64)
            .collect())
    }
}

/// The whole as one segment.
impl Default for SegmentSequence {
    fn default() -> Self {
        Self {
            segments: vec![Segment::default()],
        }
    }
}

impl fmt::Display for SegmentSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Point::ZERO.fmt(f)?;
        self.segments
            .iter()
            .try_for_each(|segment| write!(f, ",{}", segment.to))
    }
}

impl FromStr for SegmentSequence {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        let points = text
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<Point>, _>>()?;
        if points.len() < 2 {
            return Err(SegmentError::TooFewPoints(text.into()));
        }
        Self::through(&points)
    }
}

#[cfg(test)]
mod tests;
