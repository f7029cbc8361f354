//! A reader of DER, as far as issuers and OCSP responses need one. Never trusts a length.

/// One element after the other.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'d>(&'d [u8]);

/// Tag, content, and the element with its head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    pub(crate) content: &'d [u8],
    pub(crate) whole: &'d [u8],
}

impl<'d> Reader<'d> {
    pub(crate) fn new(bytes: &'d [u8]) -> Self {
        Reader(bytes)
    }

    /// The next element; `None` at the end or where it is malformed.
    pub(crate) fn next(&mut self) -> Option<Element<'d>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Up to three bytes of length: 16 MiB are more than any certificate.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
                let length = bytes
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, left) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - left.len()];
        self.0 = left;
        Some(Element {
            tag,
            content,
            whole,
        })
    }

    /// The next element's content where it has this tag; else nothing is read.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let mut ahead = self.clone();
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.content)
    }

    pub(crate) fn sequence(&mut self) -> Option<&'d [u8]> {
        self.take(0x30)
    }

    pub(crate) fn skip_if(&mut self, tag: u8) {
        self.take(tag);
    }
}
