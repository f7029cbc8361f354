//! rule: api 2.5 the default of k6/http, k6/execution and k6/html is the module itself, mutable and shared; names keep the original
//! checks: 11
import { check } from 'k6';
import k6 from 'k6';
import http, { get, nothing } from 'k6/http';
import * as httpNames from 'k6/http';
import * as k6Names from 'k6';
import exec, { scenario, vu, instance, test } from 'k6/execution';
import metrics, { Counter } from 'k6/metrics';
import data, { SharedArray } from 'k6/data';
import encoding, { b64encode } from 'k6/encoding';
import crypto, { md5 } from 'k6/crypto';
import html, { parseHTML } from 'k6/html';
import timers, { setTimeout as later } from 'k6/timers';
import { wrapped, original } from './other.js';
const own = http.get;
http.get = () => 'wrapped';
const required = require('k6/http');
export default function () {
  check(null, {
    'others see a changed default': () => wrapped() === 'wrapped' && http.get() === 'wrapped',
    'names keep the original': () => get === own && original === own && httpNames.get !== undefined,
    'a name that is not there is undefined': () => nothing === undefined,
    'namespace has no default': () => httpNames.default === undefined && k6Names.default === undefined,
    'namespace has the names': () => typeof httpNames.post === 'function' && typeof k6Names.check === 'function' && k6Names.group === k6.group,
    'require gives the module object': () => required === http,
    'k6': () => typeof k6.check === 'function' && k6.check === check && typeof k6.sleep === 'function' && typeof k6.fail === 'function' && typeof k6.randomSeed === 'function',
    'execution': () => exec.vu !== undefined && vu.idInTest === exec.vu.idInTest && scenario.name === 'default' && test.options !== undefined && instance.vusActive === 1,
    'metrics and data': () => metrics.Counter === Counter && data.SharedArray === SharedArray,
    'encoding and crypto': () => encoding.b64encode === b64encode && crypto.md5 === md5,
    'html and timers': () => html.parseHTML === parseHTML && timers.setTimeout === later && later === setTimeout,
  });
}
//@ file: other.js
import http, { get } from 'k6/http';
export const wrapped = () => http.get();
export const original = get;
