//! rule: api 10 the global crypto: randomUUID, getRandomValues, subtle's digest, HMAC, AES, errors
//! checks: 9
import { check } from 'k6';
const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');
const bytes = (text) => new TextEncoder().encode(text);
async function rejected(run) { try { await run(); } catch (e) { return e; } }
function thrown(run) { try { run(); } catch (e) { return e; } }
export default async function () {
  const { subtle } = crypto;
  const digest = hex(await subtle.digest('SHA-256', bytes('abc')));
  const sha1 = hex(await subtle.digest({ name: 'sha-1' }, bytes('abc').buffer));
  const key = await subtle.importKey('raw', bytes('key'), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
  const mac = await subtle.sign('HMAC', key, bytes('The quick brown fox jumps over the lazy dog'));
  const verified = await subtle.verify('HMAC', key, mac, bytes('The quick brown fox jumps over the lazy dog'));
  const aes = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, aes, bytes('secret'));
  const opened = new TextDecoder().decode(await subtle.decrypt({ name: 'AES-GCM', iv }, aes, sealed));
  const wrong = await rejected(() => subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, aes, sealed));
  const unknown = await rejected(() => subtle.digest('MD5', bytes('abc')));
  const raw = await subtle.exportKey('raw', key);
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes('m'));
  const holds = await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey, signature, bytes('m'));
  const password = await subtle.importKey('raw', bytes('password'), 'PBKDF2', false, ['deriveBits']);
  const bits = hex(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: bytes('salt'), iterations: 1 }, password, 256));
  check(crypto, {
    uuid: (c) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(c.randomUUID()) && c.randomUUID() !== c.randomUUID(),
    random: (c) => { const a = new Uint32Array(4); return c.getRandomValues(a) === a && a.some((n) => n > 255); },
    'too much': (c) => thrown(() => c.getRandomValues(new Uint8Array(65537))).name === 'QuotaExceededError',
    'no integers': (c) => thrown(() => c.getRandomValues(new Float32Array(1))) instanceof Error,
    digest: () => digest === 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' && sha1 === 'a9993e364706816aba3e25717850c26c9cd0d89d',
    hmac: () => hex(mac) === 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8' && verified === true && hex(raw) === '6b6579',
    'aes-gcm': () => opened === 'secret' && wrong.name === 'OperationError' && unknown.name === 'NotSupportedError',
    ecdsa: () => holds === true && signature.byteLength === 64,
    pbkdf2: () => bits === '120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b' && thrown(() => subtle.wrapKey('raw', key, key, 'AES-KW')) instanceof Error,
  });
}
