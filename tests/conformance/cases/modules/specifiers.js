//! rule: api 2.4 what cannot be imported is an error at the start that names it, 107
//! exit: 107
//! no log: never
//! case: bare
//! with: import x from 'lodash';
//! log: lodash
//! case: unknown-builtin
//! with: import x from 'k6/nothing';
//! log: k6/metrics
//! case: http
//! with: import x from 'http://127.0.0.1:1/x.js';
//! log: http://127.0.0.1:1/x.js
//! case: other-scheme
//! with: import x from 'ws://127.0.0.1/x.js';
//! log: ws://
//! case: github
//! with: import x from 'github.com/a/b/c.js';
//! log: github.com/a/b/c.js
//! case: cdnjs
//! with: import x from 'cdnjs.com/libraries/Faker';
//! log: cdnjs.com
//! case: no-extension
//! with: import x from './lib';
//! log: lib
//! case: folder
//! with: import x from './sub';
//! log: sub
//! case: missing
//! with: import x from './missing.js';
//! log: missing.js
//! case: missing-name
//! with: import { gone } from './lib.js';
//! log: gone
//! case: browser
//! with: import { browser } from 'k6/browser';
//! log: k6/browser
//! case: extension
//! with: import redis from 'k6/x/redis';
//! log: k6/x/redis
//! case: ws
//! with: import ws from 'k6/ws';
//! log: k6/ws
//! case: websockets
//! with: import { WebSocket } from 'k6/websockets';
//! log: k6/websockets
//! case: grpc
//! with: import grpc from 'k6/net/grpc';
//! log: k6/net/grpc
//! case: x509
//! with: import x509 from 'k6/crypto/x509';
//! log: k6/crypto/x509
//! case: fs
//! with: import { open as o } from 'k6/experimental/fs';
//! log: k6/experimental/fs
//! case: csv
//! with: import csv from 'k6/experimental/csv';
//! log: k6/experimental/csv
//! case: streams
//! with: import { ReadableStream } from 'k6/experimental/streams';
//! log: k6/experimental/streams
//! case: experimental-timers
//! with: import { setTimeout as t } from 'k6/experimental/timers';
//! log: k6/timers
//! case: experimental-webcrypto
//! with: import { crypto as c } from 'k6/experimental/webcrypto';
//! log: crypto
//! case: experimental-tracing
//! with: import tracing from 'k6/experimental/tracing';
//! log: http-instrumentation-tempo
//! case: experimental-redis
//! with: import redis from 'k6/experimental/redis';
//! log: k6/experimental/redis
//! case: experimental-browser
//! with: import { browser } from 'k6/experimental/browser';
//! log: k6/experimental/browser
//! case: experimental-grpc
//! with: import grpc from 'k6/experimental/grpc';
//! log: k6/net/grpc
//! case: experimental-websockets
//! with: import { WebSocket } from 'k6/experimental/websockets';
//! log: k6/experimental/websockets
//! case: require
//! with: const x = require('k6/ws');
//! log: k6/ws
__WITH__
export default function () { console.log('never'); }
//@ file: lib.js
export const there = 1;
//@ file: sub/index.js
export default 1;
