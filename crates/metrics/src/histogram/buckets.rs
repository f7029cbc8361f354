//! Sparse store of bucket counts: sorted chunks of eight neighbours.
//!
//! A dense stretch costs 4.5 bytes for a bucket (pairs of index and u64 would cost 12); a lonely bucket costs 36. The rare
//! count beyond 32 bits keeps its upper half in a list of its own.

/// Buckets in a chunk.
const WIDTH: i32 = 8;

/// Eight neighbouring buckets; at least one of them is not 0.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chunk {
    /// Index of the first bucket divided by eight.
    number: i32,
    low: [u32; WIDTH as usize],
}

/// Counts by bucket index, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Buckets {
    chunks: Vec<Chunk>,
    /// Upper halves of counts beyond 32 bits, by index.
    high: Vec<(i32, u32)>,
    populated: u32,
}

/// Where the last addition was: makes additions in order of the index cheap.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor(usize);

impl Buckets {
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Buckets that are not 0.
    pub(crate) fn populated(&self) -> usize {
        self.populated as usize
    }

    /// Bytes of all chunks, whatever room there is beside them.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.len() * size_of::<Chunk>() + self.high.len() * size_of::<(i32, u32)>()
    }

    /// Adds to one bucket.
    pub(crate) fn add(&mut self, cursor: &mut Cursor, index: i32, count: u64) {
        if count == 0 {
            return;
        }
        let number = index.div_euclid(WIDTH);
        let place = self.place(*cursor, number);
        *cursor = Cursor(place);
        let slot = &mut self.chunks[place].low[index.rem_euclid(WIDTH) as usize];
        if *slot == 0 && !self.high.iter().any(|(at, _)| *at == index) {
            self.populated += 1;
        }
        let (low, carry) = slot.overflowing_add(count as u32);
        *slot = low;
        let high = (count >> 32) as u32 + u32::from(carry);
        if high > 0 {
            self.add_high(index, high);
        }
    }

    fn place(&mut self, cursor: Cursor, number: i32) -> usize {
        for near in [cursor.0, cursor.0 + 1] {
            if self
                .chunks
                .get(near)
                .is_some_and(|chunk| chunk.number == number)
            {
                return near;
            }
        }
        match self
            .chunks
            .binary_search_by_key(&number, |chunk| chunk.number)
        {
            Ok(place) => place,
            Err(place) => {
                self.chunks.insert(
                    place,
                    Chunk {
                        number,
                        low: [0; WIDTH as usize],
                    },
                );
                place
            }
        }
    }

    fn add_high(&mut self, index: i32, high: u32) {
        match self.high.binary_search_by_key(&index, |(at, _)| *at) {
            Ok(place) => self.high[place].1 = self.high[place].1.saturating_add(high),
            Err(place) => self.high.insert(place, (index, high)),
        }
    }

    /// All counts that are not 0, by index.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> {
        // Asked once, not for each bucket: counts beyond 32 bits are rare.
        let wide = !self.high.is_empty();
        self.chunks.iter().flat_map(move |chunk| {
            let first = chunk.number * WIDTH;
            let counts = chunk.low.iter().zip(first..first + WIDTH);
            counts.filter_map(move |(low, index)| {
                let high = if wide { self.high_of(index) } else { 0 };
                let count = u64::from(*low) | u64::from(high) << 32;
                (count != 0).then_some((index, count))
            })
        })
    }

    fn high_of(&self, index: i32) -> u32 {
        if self.high.is_empty() {
            return 0;
        }
        self.high
            .binary_search_by_key(&index, |(at, _)| *at)
            .map_or(0, |place| self.high[place].1)
    }

    /// Adds all of another store.
    pub(crate) fn merge(&mut self, other: &Buckets) {
        let mut cursor = Cursor::default();
        for (index, count) in other.iter() {
            self.add(&mut cursor, index, count);
        }
    }

    /// What has been added since `earlier` was this store.
    pub(crate) fn since(&self, earlier: &Buckets) -> Buckets {
        let mut before = earlier.iter().peekable();
        let mut cursor = Cursor::default();
        let mut difference = Buckets::default();
        for (index, count) in self.iter() {
            while before.next_if(|(at, _)| *at < index).is_some() {}
            let subtract = before
                .next_if(|(at, _)| *at == index)
                .map_or(0, |(_, count)| count);
            difference.add(&mut cursor, index, count.saturating_sub(subtract));
        }
        difference
    }

    /// The same counts under other indexes; `None` takes the bucket out. Order must be kept.
    pub(crate) fn map(&self, index_of: impl Fn(i32) -> Option<i32>) -> (Buckets, u64) {
        let mut cursor = Cursor::default();
        let mut mapped = Buckets::default();
        let mut taken = 0;
        for (index, count) in self.iter() {
            match index_of(index) {
                Some(index) => mapped.add(&mut cursor, index, count),
                None => taken += count,
            }
        }
        (mapped, taken)
    }
}

impl FromIterator<(i32, u64)> for Buckets {
    fn from_iter<I: IntoIterator<Item = (i32, u64)>>(counts: I) -> Buckets {
        let mut cursor = Cursor::default();
        let mut buckets = Buckets::default();
        for (index, count) in counts {
            buckets.add(&mut cursor, index, count);
        }
        buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_beyond_32_bits_stay_exact() {
        let mut buckets = Buckets::default();
        let mut cursor = Cursor::default();
        for _ in 0..3 {
            buckets.add(&mut cursor, -5, u64::from(u32::MAX));
        }
        buckets.add(&mut cursor, 7, 1 << 32);
        buckets.add(&mut cursor, 7, 1);
        assert_eq!(
            buckets.iter().collect::<Vec<_>>(),
            [(-5, 3 * u64::from(u32::MAX)), (7, (1 << 32) + 1)]
        );
        assert_eq!(buckets.populated(), 2);
    }

    #[test]
    fn what_came_since_is_the_difference() {
        let earlier: Buckets = [(1, 5), (9, 2)].into_iter().collect();
        let later: Buckets = [(0, 1), (1, 5), (9, 3)].into_iter().collect();
        assert_eq!(
            later.since(&earlier).iter().collect::<Vec<_>>(),
            [(0, 1), (9, 1)]
        );
    }
}
