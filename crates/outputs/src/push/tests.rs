//! Tests of this room's part `push`.
