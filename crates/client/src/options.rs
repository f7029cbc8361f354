//! Options of the network as types that cannot be wrong: what a text of a config means is settled here, once, before
//! anything is dialled.

pub(crate) mod addresses;
pub(crate) mod dns;
pub(crate) mod hosts;
mod pem;
pub(crate) mod proxy;
pub(crate) mod tls;

/// Why a text is no value of an option; says which text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OptionError(pub(crate) String);

impl OptionError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        OptionError(text.into())
    }
}

#[cfg(test)]
mod tests;
