//! The demo service: latency, errors and stalls on demand; the ground truth of all tests.
