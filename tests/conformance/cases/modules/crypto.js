//! rule: api 10 k6/crypto: hashes, HMAC, outputs, random bytes, errors
//! checks: 12
import { check } from 'k6';
import crypto, { createHash, createHMAC, hmac, sha256 } from 'k6/crypto';
function thrown(run) { try { run(); } catch (e) { return e; } }
const abc = {
  md4: 'a448017aaf21d8525fc10ae87aa6729d', md5: '900150983cd24fb0d6963f7d28e17f72', sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  sha512: 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  sha512_224: '4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa', sha512_256: '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23',
  ripemd160: '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
};
export default function () {
  const bytes = new Uint8Array([97, 98, 99]);
  check(crypto, {
    hashes: (c) => Object.entries(abc).every(([n, hex]) => c[n]('abc', 'hex') === hex || console.log(n)),
    'of bytes': (c) => c.sha256(bytes.buffer, 'hex') === abc.sha256 && c.md5(bytes.buffer, 'hex') === abc.md5,
    outputs: (c) => c.md5('abc', 'base64') === 'kAFQmDzST7DWlj99KOF/cg==' && c.md5('abc', 'base64url') === 'kAFQmDzST7DWlj99KOF_cg==' && c.md5('abc', 'base64rawurl') === 'kAFQmDzST7DWlj99KOF_cg',
    binary: (c) => { const b = c.md5('abc', 'binary'); return b instanceof ArrayBuffer && b.byteLength === 16 && c.hexEncode(b) === abc.md5; },
    hmac: () => hmac('sha256', 'key', 'The quick brown fox jumps over the lazy dog', 'hex') === 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8',
    'hmac of bytes': () => hmac('md5', bytes.buffer, bytes.buffer, 'hex') === hmac('md5', 'abc', 'abc', 'hex'),
    createHash: () => { const h = createHash('sha256'); h.update('a'); h.update('bc'); return h.digest('hex') === abc.sha256; },
    createHMAC: () => { const h = createHMAC('sha256', 'key'); h.update('The quick brown fox '); h.update('jumps over the lazy dog'); return h.digest('hex') === 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8'; },
    random: (c) => c.randomBytes(16) instanceof ArrayBuffer && c.randomBytes(16).byteLength === 16 && c.hexEncode(c.randomBytes(8)) !== c.hexEncode(c.randomBytes(8)),
    'random of nothing': (c) => thrown(() => c.randomBytes(0)) instanceof Error && thrown(() => c.randomBytes(-1)) instanceof Error,
    'no output': (c) => thrown(() => c.md5('abc')) instanceof Error && thrown(() => sha256('abc', 'octal')) instanceof Error && thrown(() => createHash('md5').digest('x')) instanceof Error,
    'no algorithm': () => thrown(() => hmac('rot13', 'k', 'd', 'hex')) instanceof Error && thrown(() => createHMAC('rot13', 'k')) instanceof Error && thrown(() => createHash('rot13')) instanceof Error,
  });
}
