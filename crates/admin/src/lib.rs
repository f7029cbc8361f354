//! The admin server: page, health, metrics, REST.
