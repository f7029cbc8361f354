//! Stapled OCSP responses (RFC 6960) as `res.ocsp` shows them. Read, not verified: nothing is decided by them.

use super::der::Reader;

/// What a stapled response says of the certificate. Times in seconds of the Unix epoch, 0 where absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspStaple {
    /// When the response was signed.
    pub produced_at: i64,
    /// When this was known to be true.
    pub this_update: i64,
    /// When more will be known.
    pub next_update: i64,
    /// When the certificate was revoked.
    pub revoked_at: i64,
    /// Why it was, in k6's words; empty where it was not.
    pub revocation_reason: &'static str,
    /// `good`, `revoked` or `unknown`; `server_failed` where the responder had no answer.
    pub status: &'static str,
}

/// By their numbers in RFC 5280; 7 is not used.
const REASONS: [&str; 11] = [
    "unspecified",
    "key_compromise",
    "ca_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "certificate_hold",
    "",
    "remove_from_crl",
    "privilege_withdrawn",
    "aa_compromise",
];

impl OcspStaple {
    /// Reads a response in DER; `None` where it is none.
    pub(crate) fn parse(der: &[u8]) -> Option<OcspStaple> {
        let mut response = Reader::new(Reader::new(der).sequence()?);
        let mut staple = OcspStaple {
            produced_at: 0,
            this_update: 0,
            next_update: 0,
            revoked_at: 0,
            revocation_reason: "",
            status: "server_failed",
        };
        if response.take(0x0a)? != [0] {
            return Some(staple);
        }
        let mut bytes = Reader::new(Reader::new(response.take(0xa0)?).sequence()?);
        bytes.take(0x06)?; // response type
        let mut basic = Reader::new(Reader::new(bytes.take(0x04)?).sequence()?);
        let mut data = Reader::new(basic.sequence()?);
        data.skip_if(0xa0); // version
        data.next()?; // responder
        staple.produced_at = time(data.take(0x18)?)?;
        let mut single = Reader::new(Reader::new(data.sequence()?).sequence()?);
        single.sequence()?; // certificate
        let status = single.next()?;
        match status.tag {
            0x80 => staple.status = "good",
            0xa1 => {
                let mut revoked = Reader::new(status.content);
                staple.status = "revoked";
                staple.revoked_at = time(revoked.take(0x18)?)?;
                let reason = revoked.take(0xa0);
                let reason = reason.and_then(|reason| Reader::new(reason).take(0x0a));
                let reason = reason.and_then(|reason| reason.first()).copied();
                let reason = usize::from(reason.unwrap_or(0));
                staple.revocation_reason = REASONS.get(reason).copied().unwrap_or("");
            }
            _ => staple.status = "unknown",
        }
        staple.this_update = time(single.take(0x18)?)?;
        if let Some(next) = single.take(0xa0) {
            staple.next_update = time(Reader::new(next).take(0x18)?)?;
        }
        Some(staple)
    }
}

/// `YYYYMMDDHHMMSSZ` in seconds of the Unix epoch.
fn time(text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if digits.len() < 14 || !digits[..14].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| {
        digits[from..to]
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    if !(1..=12).contains(&month) {
        return None;
    }
    // Days from the civil calendar, with the year beginning in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468;
    Some(((days * 24 + number(8, 10)) * 60 + number(10, 12)) * 60 + number(12, 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        assert!(content.len() < 256);
        let head: &[u8] = &[tag, 0x81, u8::try_from(content.len()).unwrap()];
        [head, content].concat()
    }

    fn response(status: &[u8]) -> Vec<u8> {
        let single = [
            tlv(0x30, &[]),
            status.to_vec(),
            tlv(0x18, b"20260102030405Z"),
            tlv(0xa0, &tlv(0x18, b"20260109030405Z")),
        ];
        let data = [
            tlv(0xa2, &tlv(0x04, b"key")),
            tlv(0x18, b"20260101000000Z"),
            tlv(0x30, &tlv(0x30, &single.concat())),
        ];
        let basic = tlv(0x30, &tlv(0x30, &data.concat()));
        let bytes = [tlv(0x06, &[1]), tlv(0x04, &basic)].concat();
        let whole = [tlv(0x0a, &[0]), tlv(0xa0, &tlv(0x30, &bytes))].concat();
        tlv(0x30, &whole)
    }

    #[test]
    fn a_staple_shows_status_and_times_in_k6_words() {
        let good = OcspStaple::parse(&response(&[0x80, 0])).unwrap();
        let expected = OcspStaple {
            produced_at: 1_767_225_600,
            this_update: 1_767_323_045,
            next_update: 1_767_927_845,
            revoked_at: 0,
            revocation_reason: "",
            status: "good",
        };
        assert_eq!(good, expected);
        let when = tlv(0x18, b"20251231235959Z");
        let why = tlv(0xa0, &tlv(0x0a, &[1]));
        let revoked = tlv(0xa1, &[when, why].concat());
        let revoked = OcspStaple::parse(&response(&revoked)).unwrap();
        assert_eq!(
            (revoked.status, revoked.revoked_at),
            ("revoked", 1_767_225_599)
        );
        assert_eq!(revoked.revocation_reason, "key_compromise");
        let unknown = OcspStaple::parse(&response(&[0x82, 0])).unwrap();
        assert_eq!(unknown.status, "unknown");
        let failed = OcspStaple::parse(&tlv(0x30, &[0x0a, 1, 2])).unwrap();
        assert_eq!(failed.status, "server_failed");
    }

    #[test]
    fn no_bytes_make_the_reader_fall() {
        let whole = response(&[0x80, 0]);
        for end in 0..whole.len() {
            assert_eq!(OcspStaple::parse(&whole[..end]), None, "{end}");
        }
        bolero::check!()
            .with_iterations(20_000)
            .with_type::<(Vec<u8>, u16, u8)>()
            .for_each(|(bytes, at, byte)| {
                OcspStaple::parse(bytes);
                let mut damaged = whole.clone();
                damaged[usize::from(*at) % whole.len()] = *byte;
                OcspStaple::parse(&damaged);
            });
    }
}
