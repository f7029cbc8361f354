//! Sets of addresses: `blacklistIPs` (may not be dialled) and `localIPs` (dialled from, spread over the VUs).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::OptionError;

/// A block of addresses in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    base: IpAddr,
    prefix: u32,
}

/// Local addresses that connections are made from. A VU keeps to one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalAddresses(Vec<Range>);

/// First and how many, of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    first: IpAddr,
    count: u128,
}

impl Cidr {
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let width = width(self.base);
        let shift = width - self.prefix;
        // A v4 address in v6 clothes is the v4 address.
        let address = address.to_canonical();
        width == self::width(address)
            && number(address).checked_shr(shift).unwrap_or(0)
                == number(self.base).checked_shr(shift).unwrap_or(0)
    }

    fn range(&self) -> Range {
        let host_bits = width(self.base) - self.prefix;
        let count = 1u128.checked_shl(host_bits).unwrap_or(u128::MAX);
        let mask = count.wrapping_sub(1);
        let first = number(self.base) & !mask;
        // Network and broadcast address of an IPv4 block are no addresses of a machine.
        let inner = self.base.is_ipv4() && count > 2;
        Range {
            first: address_of(first + u128::from(inner), self.base),
            count: if inner { count - 2 } else { count },
        }
    }
}

impl std::str::FromStr for Cidr {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Cidr, OptionError> {
        let invalid = || OptionError::new(format!("invalid CIDR address: {text}"));
        let (base, prefix) = text.split_once('/').ok_or_else(invalid)?;
        let base: IpAddr = base.parse().map_err(|_| invalid())?;
        let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u32 = prefix.parse().map_err(|_| invalid())?;
        if !digits || prefix > width(base) {
            return Err(invalid());
        }
        Ok(Cidr { base, prefix })
    }
}

impl LocalAddresses {
    /// Whether the system chooses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of the VU with this local number (from 1): entry `(number - 1) mod total`.
    pub(crate) fn of_vu(&self, vu: u64) -> Option<IpAddr> {
        let total = self
            .0
            .iter()
            .fold(0u128, |sum, range| sum.saturating_add(range.count));
        let mut index = u128::from(vu.saturating_sub(1)).checked_rem(total)?;
        for range in &self.0 {
            if index < range.count {
                return Some(address_of(number(range.first) + index, range.first));
            }
            index -= range.count;
        }
        None
    }
}

impl std::str::FromStr for LocalAddresses {
    type Err = OptionError;

    /// A comma list of `IP`, `IP-IP` (both included) and CIDR blocks.
    fn from_str(text: &str) -> Result<LocalAddresses, OptionError> {
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        items
            .map(range_of)
            .collect::<Result<_, _>>()
            .map(LocalAddresses)
    }
}

fn range_of(item: &str) -> Result<Range, OptionError> {
    let invalid = || OptionError::new(format!("invalid local IP \"{item}\""));
    let address = |text: &str| text.trim().parse::<IpAddr>().map_err(|_| invalid());
    if item.contains('/') {
        return item
            .parse::<Cidr>()
            .map(|cidr| cidr.range())
            .map_err(|_| invalid());
    }
    let Some((first, last)) = item.split_once('-') else {
        return Ok(Range {
            first: address(item)?,
            count: 1,
        });
    };
    let (first, last) = (address(first)?, address(last)?);
    if width(first) != width(last) || number(last) < number(first) {
        return Err(invalid());
    }
    let count = (number(last) - number(first)).saturating_add(1);
    Ok(Range { first, count })
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address of this number in the family of `like`.
fn address_of(number: u128, like: IpAddr) -> IpAddr {
    match (like, u32::try_from(number)) {
        (IpAddr::V4(_), Ok(number)) => Ipv4Addr::from_bits(number).into(),
        (IpAddr::V4(_), Err(_)) => Ipv4Addr::BROADCAST.into(),
        (IpAddr::V6(_), _) => Ipv6Addr::from_bits(number).into(),
    }
}
