//! Remote write 1.0 as senders are to speak it: the cases of Prometheus' compliance suite that are 1.0's own. What holds in
//! both versions is judged in `compliance_both.rs`; `docs/compliance.md` has the whole list.
//!
//! One deviation, on purpose: `rw1_no_native_histograms`. Prometheus itself sends native histograms in 1.0, and so do we.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows test functions, but not the helpers beside them"
)]

#[path = "kit/everything.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
mod everything;
#[path = "kit/pipeline.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
mod pipeline;
#[path = "kit/receiver.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each user of the kit takes a part of it"
)]
mod receiver;

use std::collections::HashSet;

use loadd_outputs::ProtocolVersion;

use everything::{everything, judge};
use pipeline::of;

/// The fields of a protobuf message, by a reader that knows no message: number and content.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                let mut rest = bytes;
                varint(&mut rest);
                bytes.len() - rest.len()
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            wire => panic!("wire type {wire}"),
        };
        let (content, rest) = bytes.split_at(length);
        all.push((key >> 3, content));
        bytes = rest;
    }
    all
}

#[test]
fn version_1_has_its_own_headers_and_nothing_of_version_2() {
    // RemoteWrite1Configuration: `version = "1.0"`, the default, gives all of these.
    judge(
        &everything(ProtocolVersion::V1),
        &[
            ("rw1_content_type", 'S', |seen| {
                seen.header("content-type", |value| !value.contains("proto="))
            }),
            ("version_header_value, rw1_version_header", 'M', |seen| {
                seen.header("x-prometheus-remote-write-version", |value| {
                    value == "0.1.0"
                })
            }),
            (
                "rw1_symbol_table_not_used, rw1_metadata_handling",
                'M',
                |seen| {
                    seen.captured
                        .iter()
                        .all(|one| fields(&one.plain()).iter().all(|(tag, _)| *tag == 1))
                },
            ),
            ("rw1_no_start_timestamp", 'M', |seen| {
                seen.captured.iter().all(|one| {
                    fields(&one.plain())
                        .into_iter()
                        .flat_map(|(_, series)| fields(series))
                        .all(|(tag, value)| match tag {
                            1 | 2 => true,
                            4 => fields(value).iter().all(|(tag, _)| *tag <= 15),
                            _ => false,
                        })
                })
            }),
            ("rw1_samples_encoding", 'M', |seen| {
                seen.series().any(|series| !series.samples.is_empty())
            }),
            ("rw1_labels_encoding", 'M', |seen| {
                let sets: HashSet<String> = of(&seen.requests, "k6_orders_total")
                    .iter()
                    .map(|series| format!("{:?}", series.labels))
                    .collect();
                sets.len() == 3
            }),
        ],
    );
}
