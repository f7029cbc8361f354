//! What goes wrong in WebCrypto, by the names of its specification.

use rquickjs::{Ctx, Error, Exception};

/// The name that a script sees in `error.name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// No such algorithm, or not for this operation.
    NotSupported,
    /// The key's bytes, or what describes them, are wrong.
    Data,
    /// The operation itself has failed.
    Operation,
    /// The key is not made for this.
    InvalidAccess,
    /// Wrong usages.
    Syntax,
    /// An argument of the wrong type.
    Type,
    /// Too much at once.
    QuotaExceeded,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Name::NotSupported => "NotSupportedError",
            Name::Data => "DataError",
            Name::Operation => "OperationError",
            Name::InvalidAccess => "InvalidAccessError",
            Name::Syntax => "SyntaxError",
            Name::Type => "TypeError",
            Name::QuotaExceeded => "QuotaExceededError",
        }
    }
}

/// A failure that can leave the script's thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    name: Name,
    message: String,
}

impl Failure {
    pub(super) fn new(name: Name, message: impl Into<String>) -> Failure {
        Failure {
            name,
            message: message.into(),
        }
    }

    pub(super) fn data(message: impl Into<String>) -> Failure {
        Failure::new(Name::Data, message)
    }

    pub(super) fn operation(message: impl Into<String>) -> Failure {
        Failure::new(Name::Operation, message)
    }

    pub(super) fn not_supported(message: impl Into<String>) -> Failure {
        Failure::new(Name::NotSupported, message)
    }

    /// Throws it.
    pub(super) fn throw(&self, ctx: &Ctx<'_>) -> Error {
        let made = Exception::from_message(ctx.clone(), &self.message).and_then(|exception| {
            exception.as_object().set("name", self.name.as_str())?;
            Ok(exception)
        });
        match made {
            Ok(exception) => exception.throw(),
            Err(error) => error,
        }
    }
}

/// A failure of ours, or an exception of the script's own getters.
#[derive(Debug)]
pub(super) enum Trouble {
    Failure(Failure),
    Thrown(Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failure(failure)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Thrown(error)
    }
}

impl Trouble {
    pub(super) fn throw(self, ctx: &Ctx<'_>) -> Error {
        match self {
            Trouble::Failure(failure) => failure.throw(ctx),
            Trouble::Thrown(error) => error,
        }
    }
}
