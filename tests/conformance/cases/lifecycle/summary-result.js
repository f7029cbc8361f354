//! rule: api 3.5 what handleSummary returns goes to stdout, stderr and files
//! case: streams-and-files
//! with: return { stdout: 'to stdout\n', stderr: 'to stderr\n', 'bytes.bin': new Uint8Array([104, 105]).buffer };
//! exit: 0
//! out: to stdout
//! log: to stderr
//! file: bytes.bin hi
//! no out: iteration_duration
//! case: plain-file
//! with: return { 'file.txt': 'text' };
//! file: file.txt text
//! no out: iteration_duration
//! case: undefined
//! with: return;
//! out: iteration_duration
//! case: falsy
//! with: return 0;
//! out: iteration_duration
//! case: empty
//! with: return {};
//! no out: iteration_duration
//! case: throws
//! with: throw new Error('bad summary');
//! log: bad summary
//! out: iteration_duration
//! case: bad-value
//! with: return { stdout: 'said', 'file.txt': 5 };
//! log: failed to handle
//! no out: said
//! no file: file.txt
//! case: promise
//! with: return Promise.resolve({ stdout: 'async said' });
//! out: async said
//! case: export
//! run: --summary-export sum.json
//! with: return { 'file.txt': 'text' };
//! file: file.txt text
//! file: sum.json "metrics"
//! case: disabled
//! run: --summary-mode=disabled
//! with: return { stdout: 'said' };
//! no out: said
export default function () {}
export function handleSummary(data) {
  __WITH__
}
