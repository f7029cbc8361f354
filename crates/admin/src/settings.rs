//! What can be set about the admin server.

use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the admin server: the table `[admin]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdminSettings {
    /// Address to listen on, `host:port`. Any other than loopback needs `token_file` or `read_only`.
    pub listen: String,
    /// File whose first line is the token that control needs (`Authorization: Bearer ...`). Read again at every use. Where it
    /// is set, control needs the token on loopback, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Whether there is no control at all: nothing that changes state is accepted.
    pub read_only: bool,
}

impl Default for AdminSettings {
    fn default() -> AdminSettings {
        AdminSettings {
            listen: "127.0.0.1:6565".to_owned(),
            token_file: None,
            read_only: false,
        }
    }
}

impl AdminSettings {
    /// Whether these settings can be accepted.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub fn validate(&self) -> Result<(), String> {
        let Some(port) = self.listen.rsplit_once(':').map(|(_, port)| port) else {
            return Err(format!(
                "listen = \"{}\": an address such as 127.0.0.1:6565 is wanted",
                self.listen
            ));
        };
        if port.parse::<u16>().is_err() {
            return Err(format!(
                "listen = \"{}\": \"{port}\" is not a port",
                self.listen
            ));
        }
        if self.is_loopback() || self.token_file.is_some() || self.read_only {
            return Ok(());
        }
        Err(format!(
            "listen = \"{}\" can be reached from other machines: set token_file, so that not everybody can stop the test, or read_only = true",
            self.listen
        ))
    }

    /// Whether only this machine can reach the listener, by its text; a name counts if it is `localhost`.
    fn is_loopback(&self) -> bool {
        match self.listen.parse::<SocketAddr>() {
            Ok(address) => is_loopback(address.ip()),
            Err(_) => self.listen.starts_with("localhost:"),
        }
    }

    pub(crate) fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        Ok(self.listen.to_socket_addrs()?.collect())
    }
}

pub(crate) fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_others_can_reach_needs_a_token_or_no_control() {
        // listen, token, read_only, accepted
        let table = [
            ("127.0.0.1:6565", false, false, true),
            ("[::1]:6565", false, false, true),
            ("localhost:0", false, false, true),
            ("0.0.0.0:6565", false, false, false),
            ("[::]:6565", false, false, false),
            ("10.0.0.7:80", false, false, false),
            ("loadd-0:6565", false, false, false),
            ("localhost.example:6565", false, false, false),
            ("0.0.0.0:6565", true, false, true),
            ("0.0.0.0:6565", false, true, true),
            ("nonsense", false, true, false),
            ("host:port", false, true, false),
        ];
        for (listen, token, read_only, accepted) in table {
            let settings = AdminSettings {
                listen: listen.to_owned(),
                token_file: token.then(|| "token".into()),
                read_only,
            };
            assert_eq!(
                settings.validate().is_ok(),
                accepted,
                "{listen} {token} {read_only}"
            );
        }
    }
}
