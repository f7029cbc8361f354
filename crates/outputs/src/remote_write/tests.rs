//! Tests of this room's part `remote_write`.
