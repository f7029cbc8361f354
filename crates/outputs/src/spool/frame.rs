//! Frames: checksummed pieces of bytes in an append-only file, shared by spool and checkpoint.
//!
//! Layout, little endian: magic `LDF1` (4 bytes), payload length (u32), CRC-32 of length and payload (u32), payload. A
//! reader that meets damage looks for the next magic that begins a sound frame; where there is none, the rest is a torn
//! tail. A payload is at most [`MAX_PAYLOAD`] bytes.

const MAGIC: [u8; 4] = *b"LDF1";
const HEADER: usize = 12;
/// A frame beyond this size is taken for damage.
pub(crate) const MAX_PAYLOAD: usize = 1 << 30;

/// Appends a frame around what `write` appends to `out`.
pub(crate) fn write_frame(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 8]);
    write(out);
    let length = u32::try_from(out.len() - start - HEADER).unwrap_or(u32::MAX);
    out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
    let crc = checksum(length, &out[start + HEADER..]);
    out[start + 8..start + 12].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(length: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// What lies at a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A sound frame and where the next one begins.
    Frame {
        /// Its payload.
        payload: &'a [u8],
        /// Position behind it.
        next: usize,
    },
    /// Damage up to `next`, where a sound frame begins.
    Damaged {
        /// Where to read on.
        next: usize,
    },
    /// Nothing sound from here to the end.
    Torn,
    /// The end, exactly.
    End,
}

/// The piece at `at`.
pub(crate) fn piece_at(bytes: &[u8], at: usize) -> Piece<'_> {
    if at >= bytes.len() {
        return Piece::End;
    }
    if let Some((payload, next)) = sound(bytes, at) {
        return Piece::Frame { payload, next };
    }
    let mut from = at + 1;
    while let Some(found) = find_magic(bytes, from) {
        if sound(bytes, found).is_some() {
            return Piece::Damaged { next: found };
        }
        from = found + 1;
    }
    Piece::Torn
}

fn find_magic(bytes: &[u8], from: usize) -> Option<usize> {
    bytes
        .get(from..)?
        .windows(MAGIC.len())
        .position(|window| window == MAGIC)
        .map(|found| from + found)
}

fn sound(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let header = bytes.get(at..at + HEADER)?;
    if header[..4] != MAGIC {
        return None;
    }
    let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    let crc = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
    let size = usize::try_from(length)
        .ok()
        .filter(|size| *size <= MAX_PAYLOAD)?;
    let start = at + HEADER;
    let payload = bytes.get(start..start.checked_add(size)?)?;
    (checksum(length, payload) == crc).then_some((payload, start + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_frames() -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, |out| out.extend_from_slice(b"first"));
        let second = bytes.len();
        write_frame(&mut bytes, |out| out.extend_from_slice(b"second"));
        (bytes, second)
    }

    #[test]
    fn a_damaged_frame_is_stepped_over_wherever_the_damage_lies() {
        let (sound_bytes, second) = two_frames();
        for position in 0..second {
            let mut bytes = sound_bytes.clone();
            bytes[position] ^= 0x55;
            assert_eq!(
                piece_at(&bytes, 0),
                Piece::Damaged { next: second },
                "damage at {position}"
            );
        }
    }

    #[test]
    fn a_frame_cut_anywhere_is_a_torn_tail() {
        let (bytes, second) = two_frames();
        for end in second + 1..bytes.len() {
            assert_eq!(piece_at(&bytes[..end], second), Piece::Torn, "cut at {end}");
        }
        assert_eq!(piece_at(&bytes, bytes.len()), Piece::End);
    }
}
