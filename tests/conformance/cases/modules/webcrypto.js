//! rule: api 10 the global crypto: random values and subtle, also in init code; long work leaves the event loop to the others
//! checks: 5
//! metric: iterations.count 1
import { check } from 'k6';

export const options = { iterations: 1 };
const bytes = new TextEncoder().encode('message');
const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };

export default async function () {
  const signature = await crypto.subtle.sign('HMAC', key, bytes);
  const pair = await crypto.subtle.generateKey(rsa, false, ['sign', 'verify']);
  const signed = await crypto.subtle.sign(rsa.name, pair.privateKey, bytes);
  const holds = [await crypto.subtle.verify('HMAC', key, signature, bytes), await crypto.subtle.verify(rsa.name, pair.publicKey, signed, bytes)];
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
  check(null, {
    hmac: () => holds[0],
    rsa: () => holds[1],
    digest: () => digest[0] === 0x6f && digest.length === 20,
    uuid: () => /^[0-9a-f-]{36}$/.test(crypto.randomUUID()),
    random: () => crypto.getRandomValues(new Uint8Array(32)).some((byte) => byte !== 0),
  });
}
