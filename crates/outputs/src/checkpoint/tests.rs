//! Tests of this room's part `checkpoint`.
