//! The global `crypto`, `TextEncoder` and `TextDecoder`: scripts beside what comes of them.

mod kit;

use kit::World;
use loadd_script::ScriptFailure;

const HELPERS: &str = "
    const hex = b => [...new Uint8Array(b)].map(x => x.toString(16).padStart(2, '0')).join('');
    const un = s => new Uint8Array(s.match(/../g).map(x => parseInt(x, 16)));
    const utf = s => new TextEncoder().encode(s);
    const s = crypto.subtle;
    const name = async f => { try { await f(); return 'no' } catch (e) { return e.name } };";

fn run(body: &str) -> (kit::Outcomes, World) {
    let mut world = World::new(&format!(
        "{HELPERS} export default async function () {{ {body} }}"
    ));
    let outcome = world.call();
    (outcome, world)
}

fn all(cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(
            outcome,
            Ok(Some((*expected).to_owned())),
            "{body}\n{:?}",
            world.log()
        );
    }
}

#[test]
fn random_values_and_uuids_are_random_and_well_formed() {
    all(&[
        (
            "const [a, b] = [crypto.randomUUID(), crypto.randomUUID()];
             return [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(a), a !== b]",
            "[true,true]",
        ),
        (
            "const a = new Uint32Array(64); const same = crypto.getRandomValues(a) === a;
             return [same, a.some(x => x > 255), new Set(a).size > 50]",
            "[true,true,true]",
        ),
        (
            // Only what the view shows is filled.
            "const b = new Uint8Array(64); crypto.getRandomValues(b.subarray(16, 48));
             return [b.slice(0, 16).every(x => x == 0), b.slice(16, 48).some(x => x != 0), b.slice(48).every(x => x == 0)]",
            "[true,true,true]",
        ),
        (
            "return [await name(() => crypto.getRandomValues(new Uint8Array(65537))), await name(() => crypto.getRandomValues(new Float32Array(1))), await name(() => crypto.getRandomValues([1]))]",
            r#"["QuotaExceededError","TypeError","TypeError"]"#,
        ),
    ]);
}

#[test]
fn digests_and_hmacs_have_their_published_values() {
    all(&[
        (
            "return hex(await s.digest('SHA-1', utf('abc')))",
            r#""a9993e364706816aba3e25717850c26c9cd0d89d""#,
        ),
        (
            "return hex(await s.digest({ name: 'sha-256' }, utf('abc').buffer))",
            r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        ),
        (
            "return [(await s.digest('SHA-384', utf(''))).byteLength, (await s.digest('SHA-512', new DataView(new ArrayBuffer(4), 1, 2))).byteLength]",
            "[48,64]",
        ),
        (
            // RFC 4231, test case 2.
            "const k = await s.importKey('raw', utf('Jefe'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
             const m = await s.sign('HMAC', k, utf('what do ya want for nothing?'));
             return [hex(m), await s.verify('HMAC', k, m, utf('what do ya want for nothing?')), await s.verify('HMAC', k, m, utf('x'))]",
            r#"["5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",true,false]"#,
        ),
        (
            // RFC 6070's vectors, for SHA-256 (RFC 7914, section 11).
            "const k = await s.importKey('raw', utf('passwd'), 'PBKDF2', false, ['deriveBits']);
             return hex(await s.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: utf('salt'), iterations: 1 }, k, 512)).slice(0, 32)",
            r#""55ac046e56e3089fec1691c22544b605""#,
        ),
    ]);
}

#[test]
fn ciphers_have_their_published_values_and_undo_themselves() {
    all(&[
        (
            // NIST SP 800-38A, F.2.1, first block.
            "const k = await s.importKey('raw', un('2b7e151628aed2a6abf7158809cf4f3c'), 'AES-CBC', false, ['encrypt', 'decrypt']);
             const p = { name: 'AES-CBC', iv: un('000102030405060708090a0b0c0d0e0f') };
             const c = await s.encrypt(p, k, un('6bc1bee22e409f96e93d7e117393172a'));
             return [hex(c).slice(0, 32), c.byteLength, hex(await s.decrypt(p, k, c))]",
            r#"["7649abac8119b246cee98e9b12e9197d",32,"6bc1bee22e409f96e93d7e117393172a"]"#,
        ),
        (
            // NIST SP 800-38A, F.5.1.
            "const k = await s.importKey('raw', un('2b7e151628aed2a6abf7158809cf4f3c'), 'AES-CTR', false, ['encrypt', 'decrypt']);
             const p = { name: 'AES-CTR', counter: un('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), length: 64 };
             const c = await s.encrypt(p, k, un('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51'));
             return hex(c)",
            r#""874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff""#,
        ),
        (
            // The counter wraps within its own bits.
            "const k = await s.importKey('raw', new Uint8Array(32), 'AES-CTR', false, ['encrypt', 'decrypt']);
             const at = (last, length) => ({ name: 'AES-CTR', counter: un('00'.repeat(15) + last), length });
             const zeros = new Uint8Array(16);
             const two = hex(await s.encrypt(at('0f', 4), k, new Uint8Array(32)));
             const wrapped = hex(await s.encrypt(at('0f', 4), k, zeros)) + hex(await s.encrypt(at('00', 4), k, zeros));
             return [two === wrapped, await name(() => s.encrypt(at('00', 1), k, new Uint8Array(48)))]",
            r#"[true,"OperationError"]"#,
        ),
        (
            // The GCM specification, test case 4.
            "const k = await s.importKey('raw', un('feffe9928665731c6d6a8f9467308308'), 'AES-GCM', false, ['encrypt', 'decrypt']);
             const p = { name: 'AES-GCM', iv: un('cafebabefacedbaddecaf888'), additionalData: un('feedfacedeadbeeffeedfacedeadbeefabaddad2') };
             const text = un('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39');
             const c = await s.encrypt(p, k, text); const bad = new Uint8Array(c.slice(0)); bad[0] ^= 1;
             return [hex(c).slice(-32), hex(await s.decrypt(p, k, c)) === hex(text), await name(() => s.decrypt(p, k, bad)), (await s.encrypt({ ...p, tagLength: 96 }, k, text)).byteLength - text.length]",
            r#"["5bc94fbc3221a5db94fae95ae7121a47",true,"OperationError",12]"#,
        ),
        (
            "const pair = await s.generateKey({ name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['encrypt', 'decrypt']);
             const c = await s.encrypt({ name: 'RSA-OAEP' }, pair.publicKey, utf('secret'));
             const back = await s.decrypt({ name: 'RSA-OAEP' }, pair.privateKey, c);
             const jwk = await s.exportKey('jwk', pair.privateKey);
             const again = await s.importKey('jwk', jwk, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt']);
             const spki = await s.exportKey('spki', pair.publicKey);
             const pub = await s.importKey('spki', spki, { name: 'RSA-OAEP', hash: 'SHA-256' }, true, ['encrypt']);
             return [c.byteLength, new TextDecoder().decode(back), jwk.kty, jwk.alg, jwk.e, new TextDecoder().decode(await s.decrypt('RSA-OAEP', again, c)), pub.algorithm.modulusLength, pair.privateKey.usages, pair.publicKey.usages]",
            r#"[256,"secret","RSA","RSA-OAEP-256","AQAB","secret",2048,["decrypt"],["encrypt"]]"#,
        ),
    ]);
}

#[test]
fn signatures_hold_for_what_was_signed_and_for_nothing_else() {
    for curve in ["P-256", "P-384", "P-521"] {
        for hash in ["SHA-1", "SHA-256", "SHA-512"] {
            let (outcome, _) = run(&format!(
                "const a = {{ name: 'ECDSA', namedCurve: '{curve}' }}, h = {{ name: 'ECDSA', hash: '{hash}' }};
                 const p = await s.generateKey(a, true, ['sign', 'verify']);
                 const m = await s.sign(h, p.privateKey, utf('a'));
                 const pkcs8 = await s.importKey('pkcs8', await s.exportKey('pkcs8', p.privateKey), a, true, ['sign']);
                 const raw = await s.importKey('raw', await s.exportKey('raw', p.publicKey), a, true, ['verify']);
                 const jwk = await s.importKey('jwk', await s.exportKey('jwk', p.publicKey), a, true, ['verify']);
                 return [await s.verify(h, raw, m, utf('a')), await s.verify(h, jwk, await s.sign(h, pkcs8, utf('b')), utf('b')), await s.verify(h, raw, m, utf('b')), await s.verify(h, raw, m.slice(1), utf('a'))]"
            ));
            assert_eq!(
                outcome,
                Ok(Some("[true,true,false,false]".to_owned())),
                "{curve} {hash}"
            );
        }
    }
    all(&[
        (
            "const p = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: { name: 'SHA-256' } };
             const a = await s.generateKey({ name: 'RSA-PSS', ...p }, true, ['sign', 'verify']);
             const b = await s.generateKey({ name: 'rsassa-pkcs1-v1_5', ...p }, false, ['sign', 'verify']);
             const pss = { name: 'RSA-PSS', saltLength: 32 };
             const [x, y] = await Promise.all([s.sign(pss, a.privateKey, utf('a')), s.sign('RSASSA-PKCS1-v1_5', b.privateKey, utf('a'))]);
             const back = await s.importKey('pkcs8', await s.exportKey('pkcs8', a.privateKey), { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['sign']);
             return [await s.verify(pss, a.publicKey, x, utf('a')), await s.verify(pss, a.publicKey, x, utf('b')), await s.verify('RSASSA-PKCS1-v1_5', b.publicKey, y, utf('a')), back.type, await name(() => s.exportKey('pkcs8', b.privateKey)), b.publicKey.extractable]",
            r#"[true,false,true,"private","InvalidAccessError",true]"#,
        ),
        (
            "const a = { name: 'ECDH', namedCurve: 'P-256' };
             const [x, y] = [await s.generateKey(a, true, ['deriveBits', 'deriveKey']), await s.generateKey(a, true, ['deriveBits', 'deriveKey'])];
             const one = await s.deriveBits({ name: 'ECDH', public: y.publicKey }, x.privateKey, 256);
             const two = await s.deriveBits({ name: 'ECDH', public: x.publicKey }, y.privateKey, 256);
             return [hex(one) === hex(two), one.byteLength, x.publicKey.usages]",
            "[true,32,[]]",
        ),
        (
            "const k = await s.importKey('raw', utf('password'), 'PBKDF2', false, ['deriveKey']);
             const way = { name: 'PBKDF2', hash: 'SHA-512', salt: utf('s'), iterations: 1000 };
             const d = await s.deriveKey(way, k, { name: 'AES-GCM', length: 256 }, true, ['encrypt']);
             return [d.algorithm, d.type, d.usages, (await s.exportKey('raw', d)).byteLength]",
            r#"[{"name":"AES-GCM","length":256},"secret",["encrypt"],32]"#,
        ),
    ]);
}

#[test]
fn keys_show_what_they_are() {
    all(&[
        (
            "const k = await s.generateKey({ name: 'HMAC', hash: 'SHA-512' }, true, ['verify', 'sign']);
             const j = await s.exportKey('jwk', k);
             return [k.type, k.extractable, k.algorithm, k.usages, j.kty, j.alg, j.ext, j.key_ops]",
            r#"["secret",true,{"name":"HMAC","hash":{"name":"SHA-512"},"length":1024},["sign","verify"],"oct","HS512",true,["sign","verify"]]"#,
        ),
        (
            "const k = await s.importKey('jwk', { kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw' }, 'AES-GCM', true, ['encrypt']);
             return [hex(await s.exportKey('raw', k)), k.algorithm.length]",
            r#"["000102030405060708090a0b0c0d0e0f",128]"#,
        ),
    ]);
}

#[test]
fn errors_have_the_names_of_the_specification() {
    let cases = [
        ("s.digest('MD5', utf(''))", "NotSupportedError"),
        ("s.digest('SHA-1', 'text')", "TypeError"),
        (
            "s.generateKey({ name: 'AES-GCM', length: 127 }, true, ['encrypt'])",
            "OperationError",
        ),
        (
            "s.generateKey({ name: 'AES-GCM', length: 128 }, true, ['sign'])",
            "SyntaxError",
        ),
        (
            "s.generateKey({ name: 'AES-GCM', length: 128 }, true, [])",
            "SyntaxError",
        ),
        (
            "s.generateKey({ name: 'ECDSA', namedCurve: 'P-1' }, true, ['sign'])",
            "NotSupportedError",
        ),
        (
            "s.importKey('raw', utf('short'), 'AES-CBC', true, ['encrypt'])",
            "DataError",
        ),
        (
            "s.importKey('spki', utf('no key'), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])",
            "DataError",
        ),
        (
            "s.importKey('jwk', { kty: 'EC' }, 'AES-CBC', true, ['encrypt'])",
            "DataError",
        ),
        (
            "s.importKey('odd', utf(''), 'AES-CBC', true, ['encrypt'])",
            "NotSupportedError",
        ),
        ("s.sign('HMAC', {}, utf(''))", "TypeError"),
        (
            "s.sign('HMAC', await s.generateKey({ name: 'HMAC', hash: 'SHA-1' }, true, ['verify']), utf(''))",
            "InvalidAccessError",
        ),
        (
            "s.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: utf(''), iterations: 0 }, await s.importKey('raw', utf('p'), 'PBKDF2', false, ['deriveBits']), 128)",
            "OperationError",
        ),
    ];
    for (call, expected) in cases {
        let (outcome, _) = run(&format!("return name(async () => await {call})"));
        assert_eq!(outcome, Ok(Some(format!("{expected:?}"))), "{call}");
    }
    let (outcome, _) = run(
        "return [typeof s.digest('nope', utf('')).catch(() => 1).then, await name(() => { s.wrapKey() })]",
    );
    assert_eq!(outcome, Ok(Some(r#"["function","GoError"]"#.to_owned())));
}

#[test]
fn a_rejection_that_nobody_handles_fails_the_iteration_with_its_name() {
    match run("s.digest('MD5', utf(''))").0 {
        Err(ScriptFailure::Exception { message, .. }) => {
            assert!(
                message.starts_with("Uncaught (in promise) NotSupportedError"),
                "{message}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn long_work_leaves_the_event_loop_and_works_in_init_code() {
    let (_, world) = run(
        "const k = await s.importKey('raw', utf('p'), 'PBKDF2', false, ['deriveBits']);
         await s.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: utf(''), iterations: 1 }, k, 128)",
    );
    assert_eq!(world.ops.join(";"), "start compute;wait");
    let mut world = World::new(&format!(
        "{HELPERS} const k = await s.importKey('raw', utf('p'), 'PBKDF2', false, ['deriveBits']);
         const bits = await s.deriveBits({{ name: 'PBKDF2', hash: 'SHA-1', salt: utf(''), iterations: 1 }}, k, 128);
         export default () => bits.byteLength"
    ));
    assert_eq!(world.call(), Ok(Some("16".to_owned())));
}

#[test]
fn work_under_way_is_given_up_when_the_iteration_is_cut_off() {
    let mut world = World::new(&format!(
        "{HELPERS} export default async function () {{
            const k = await s.importKey('raw', utf('p'), 'PBKDF2', false, ['deriveBits']);
            await s.deriveBits({{ name: 'PBKDF2', hash: 'SHA-1', salt: utf(''), iterations: 1 }}, k, 128);
            return 1 }}"
    ));
    world.cancel_at = Some(2);
    assert_eq!(world.call(), Err(ScriptFailure::Cancelled));
    world.cancel_at = None;
    assert_eq!(world.call(), Ok(Some("1".to_owned())));
}

#[test]
fn text_is_encoded_and_decoded() {
    all(&[
        (
            "return [[...utf('é€')], new TextEncoder().encoding, new TextEncoder().encode() .length, [...utf('\\ud800')]]",
            r#"[[195,169,226,130,172],"utf-8",0,[239,191,189]]"#,
        ),
        (
            "const d = new TextDecoder(); return [d.encoding, d.fatal, d.ignoreBOM, d.decode(), d.decode(utf('a')), d.decode(utf('b').buffer)]",
            r#"["utf-8",false,false,"","a","b"]"#,
        ),
        (
            "return [new TextDecoder('UTF-16LE').decode(new Uint8Array([104, 0, 105, 0])), new TextDecoder('utf-16be').decode(new Uint16Array([0x6800])), new TextDecoder('utf8', { ignoreBOM: true }).decode(new Uint8Array([239, 187, 191, 97])).length]",
            r#"["hi","h",2]"#,
        ),
        (
            "return [await name(() => new TextDecoder('latin9')), await name(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))), await name(() => new TextDecoder().decode('x'))]",
            r#"["RangeError","TypeError","TypeError"]"#,
        ),
        (
            "return [typeof crypto, typeof crypto.subtle, typeof URL, typeof fetch, typeof process, typeof window]",
            r#"["object","object","undefined","undefined","undefined","undefined"]"#,
        ),
    ]);
}
