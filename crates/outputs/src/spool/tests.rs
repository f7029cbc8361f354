//! Tests of this room's part `spool`.
