//! k6's system tags: which of them the engine puts on samples.

/// A system tag of k6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SystemTag {
    /// `proto`
    Proto,
    /// `subproto`
    Subproto,
    /// `status`
    Status,
    /// `method`
    Method,
    /// `url`
    Url,
    /// `name`
    Name,
    /// `group`
    Group,
    /// `check`
    Check,
    /// `error`
    Error,
    /// `error_code`
    ErrorCode,
    /// `tls_version`
    TlsVersion,
    /// `scenario`
    Scenario,
    /// `service`
    Service,
    /// `expected_response`
    ExpectedResponse,
    /// `ip`, off by default
    Ip,
    /// `ocsp_status`, off by default
    OcspStatus,
    /// `vu`, off by default; metadata of raw samples, never a label
    Vu,
    /// `iter`, off by default; metadata of raw samples, never a label
    Iter,
}

impl SystemTag {
    /// All of them; those that are on by default come first.
    pub const ALL: [SystemTag; 18] = [
        SystemTag::Proto,
        SystemTag::Subproto,
        SystemTag::Status,
        SystemTag::Method,
        SystemTag::Url,
        SystemTag::Name,
        SystemTag::Group,
        SystemTag::Check,
        SystemTag::Error,
        SystemTag::ErrorCode,
        SystemTag::TlsVersion,
        SystemTag::Scenario,
        SystemTag::Service,
        SystemTag::ExpectedResponse,
        SystemTag::Ip,
        SystemTag::OcspStatus,
        SystemTag::Vu,
        SystemTag::Iter,
    ];

    /// The tag's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SystemTag::Proto => "proto",
            SystemTag::Subproto => "subproto",
            SystemTag::Status => "status",
            SystemTag::Method => "method",
            SystemTag::Url => "url",
            SystemTag::Name => "name",
            SystemTag::Group => "group",
            SystemTag::Check => "check",
            SystemTag::Error => "error",
            SystemTag::ErrorCode => "error_code",
            SystemTag::TlsVersion => "tls_version",
            SystemTag::Scenario => "scenario",
            SystemTag::Service => "service",
            SystemTag::ExpectedResponse => "expected_response",
            SystemTag::Ip => "ip",
            SystemTag::OcspStatus => "ocsp_status",
            SystemTag::Vu => "vu",
            SystemTag::Iter => "iter",
        }
    }
}

/// The system tags that are on (`systemTags`). The default is k6's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SystemTags(u32);

impl Default for SystemTags {
    fn default() -> SystemTags {
        SystemTags((1 << SystemTag::Ip as u32) - 1)
    }
}

impl SystemTags {
    /// No system tag at all.
    pub const NONE: SystemTags = SystemTags(0);

    /// Exactly the named ones. As in k6, unknown names are no error.
    pub fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> SystemTags {
        names.into_iter().fold(SystemTags::NONE, |tags, name| {
            SystemTag::ALL
                .into_iter()
                .find(|tag| tag.as_str() == name.as_ref())
                .map_or(tags, |tag| tags.with(tag))
        })
    }

    /// With one more.
    #[must_use]
    pub fn with(self, tag: SystemTag) -> SystemTags {
        SystemTags(self.0 | 1 << tag as u32)
    }

    /// Without one.
    #[must_use]
    pub fn without(self, tag: SystemTag) -> SystemTags {
        SystemTags(self.0 & !(1 << tag as u32))
    }

    /// Whether it is on.
    #[must_use]
    pub fn contains(self, tag: SystemTag) -> bool {
        self.0 & 1 << tag as u32 != 0
    }

    /// Those that are on.
    pub fn iter(self) -> impl Iterator<Item = SystemTag> {
        SystemTag::ALL
            .into_iter()
            .filter(move |tag| self.contains(*tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_that_of_k6() {
        let names: Vec<_> = SystemTags::default()
            .iter()
            .map(SystemTag::as_str)
            .collect();
        assert_eq!(
            names,
            [
                "proto",
                "subproto",
                "status",
                "method",
                "url",
                "name",
                "group",
                "check",
                "error",
                "error_code",
                "tls_version",
                "scenario",
                "service",
                "expected_response"
            ]
        );
    }

    #[test]
    fn a_list_of_names_is_taken_exactly_and_unknown_names_are_ignored() {
        let tags = SystemTags::from_names(["ip", "status", "colour"]);
        assert_eq!(
            tags.iter().collect::<Vec<_>>(),
            [SystemTag::Status, SystemTag::Ip]
        );
        assert_eq!(
            SystemTags::from_names(Vec::<String>::new()),
            SystemTags::NONE
        );
    }
}
