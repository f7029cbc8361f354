//! `k6/encoding` and `k6/crypto`: scripts beside what they give. Values from RFC 4648, 1320, 1321, 2202, 4231, FIPS 180
//! and the RIPEMD-160 paper.

mod kit;

use kit::World;

/// Runs each script as the default function's body.
fn table(cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        let mut world = World::new(&format!(
            "import encoding, {{ b64encode, b64decode }} from 'k6/encoding';
             import crypto, {{ md5, hmac, createHash, createHMAC, hexEncode, randomBytes }} from 'k6/crypto';
             const bytes = (...list) => new Uint8Array(list).buffer;
             const list = buffer => [...new Uint8Array(buffer)];
             const thrown = f => {{ try {{ f() }} catch (e) {{ return e.message }} return 'nothing' }};
             export default function () {{ {body} }}"
        ));
        assert_eq!(world.call(), Ok(Some((*expected).to_owned())), "{body}");
    }
}

#[test]
fn base64_is_that_of_rfc_4648_in_four_variants() {
    table(&[
        (
            "return ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map(s => b64encode(s))",
            r#"["","Zg==","Zm8=","Zm9v","Zm9vYg==","Zm9vYmE=","Zm9vYmFy"]"#,
        ),
        (
            "return ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYmFy'].map(s => b64decode(s, 'std', 's'))",
            r#"["","f","fo","foo","foobar"]"#,
        ),
        (
            "return ['std', 'rawstd', 'url', 'rawurl', 'unknown', undefined].map(v => b64encode(bytes(0xfb, 0xff), v))",
            r#"["+/8=","+/8","-_8=","-_8","+/8=","+/8="]"#,
        ),
        (
            "return [['+/8=', 'std'], ['+/8', 'rawstd'], ['-_8=', 'url'], ['-_8', 'rawurl']].map(a => list(b64decode(...a)))",
            "[[251,255],[251,255],[251,255],[251,255]]",
        ),
        (
            "return [b64encode('é€'), b64encode(new Uint8Array([104, 105])), b64decode('w6nigqw=', 'std', 's')]",
            r#"["w6nigqw=","aGk=","é€"]"#,
        ),
        (
            "return [b64encode('a\\ud800'), hexEncode('\\udc00')]",
            r#"["Ye+/vQ==","efbfbd"]"#,
        ),
        (
            "return b64decode('Zm9v\\r\\nYmFy', 'std', 's')",
            r#""foobar""#,
        ),
        (
            "return b64decode('4oI=', 'std', 's')",
            "\"\u{fffd}\u{fffd}\"",
        ),
        ("return b64decode('aGk=') instanceof ArrayBuffer", "true"),
        (
            "return [['a'], ['Zg'], ['Zg==', 'rawstd'], ['-_8='], ['!!!!']].map(a => thrown(() => b64decode(...a)).startsWith('illegal base64 data'))",
            "[true,true,true,true,true]",
        ),
        (
            "return [5, null, undefined, {}, [1]].map(v => thrown(() => b64encode(v)) !== 'nothing')",
            "[true,true,true,true,true]",
        ),
        (
            "return [encoding.b64encode === b64encode, Object.keys(encoding).join()]",
            r#"[true,"b64encode,b64decode"]"#,
        ),
    ]);
}

#[test]
fn hashes_give_their_published_sums() {
    table(&[
        (
            "return crypto.md4('abc', 'hex')",
            r#""a448017aaf21d8525fc10ae87aa6729d""#,
        ),
        (
            "return md5('abc', 'hex')",
            r#""900150983cd24fb0d6963f7d28e17f72""#,
        ),
        (
            "return md5('', 'hex')",
            r#""d41d8cd98f00b204e9800998ecf8427e""#,
        ),
        (
            "return crypto.ripemd160('abc', 'hex')",
            r#""8eb208f7e05d987a9b044a8e98c6b087f15a0bfc""#,
        ),
        (
            "return crypto.sha1('abc', 'hex')",
            r#""a9993e364706816aba3e25717850c26c9cd0d89d""#,
        ),
        (
            "return crypto.sha256('abc', 'hex')",
            r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        ),
        (
            "return crypto.sha384('abc', 'hex')",
            r#""cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7""#,
        ),
        (
            "return crypto.sha512('abc', 'hex')",
            r#""ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f""#,
        ),
        (
            "return crypto.sha512_224('abc', 'hex')",
            r#""4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa""#,
        ),
        (
            "return crypto.sha512_256('abc', 'hex')",
            r#""53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23""#,
        ),
        (
            "return ['hex', 'base64', 'base64url', 'base64rawurl'].map(o => md5(bytes(97, 98, 99), o))",
            r#"["900150983cd24fb0d6963f7d28e17f72","kAFQmDzST7DWlj99KOF/cg==","kAFQmDzST7DWlj99KOF_cg==","kAFQmDzST7DWlj99KOF_cg"]"#,
        ),
        (
            "const b = md5('abc', 'binary'); return [b instanceof ArrayBuffer, hexEncode(b)]",
            r#"[true,"900150983cd24fb0d6963f7d28e17f72"]"#,
        ),
        (
            "return [undefined, 'HEX', 5].map(o => thrown(() => md5('abc', o)).startsWith('invalid output encoding'))",
            "[true,true,true]",
        ),
        (
            "return [5, null, undefined, {}].map(v => thrown(() => md5(v, 'hex')) !== 'nothing')",
            "[true,true,true,true]",
        ),
    ]);
}

#[test]
fn hmacs_give_their_published_sums() {
    table(&[
        (
            "return hmac('md5', 'Jefe', 'what do ya want for nothing?', 'hex')",
            r#""750c783e6ab0b503eaa86e310a5db738""#,
        ),
        (
            "return hmac('sha1', 'Jefe', 'what do ya want for nothing?', 'hex')",
            r#""effcdf6ae5eb2fa2d27416d5f184df9c259a7c79""#,
        ),
        (
            "return hmac('sha256', 'Jefe', 'what do ya want for nothing?', 'hex')",
            r#""5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843""#,
        ),
        (
            "return hmac('sha384', 'Jefe', 'what do ya want for nothing?', 'hex')",
            r#""af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649""#,
        ),
        (
            "return hmac('sha512', 'Jefe', 'what do ya want for nothing?', 'hex')",
            r#""164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737""#,
        ),
        (
            "return hmac('sha256', new Uint8Array(131).fill(0xaa).buffer, 'Test Using Larger Than Block-Size Key - Hash Key First', 'hex')",
            r#""60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54""#,
        ),
        (
            "return thrown(() => hmac('nope', 'k', 'd', 'hex')).includes('nope')",
            "true",
        ),
    ]);
}

#[test]
fn hashers_take_their_input_in_pieces() {
    table(&[
        (
            "const h = createHash('sha1'); h.update('a'); h.update(bytes(98)); const early = h.digest('hex'); h.update('c'); return [early === crypto.sha1('ab', 'hex'), h.digest('hex')]",
            r#"[true,"a9993e364706816aba3e25717850c26c9cd0d89d"]"#,
        ),
        (
            "const h = createHMAC('sha256', 'Jefe'); h.update('what do ya want '); h.update('for nothing?'); return h.digest('base64') === hmac('sha256', 'Jefe', 'what do ya want for nothing?', 'base64')",
            "true",
        ),
        (
            "return ['md4', 'md5', 'ripemd160', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256'].every(a => { const h = createHash(a); h.update('x'); return h.digest('hex') === crypto[a]('x', 'hex') })",
            "true",
        ),
        (
            "const { update } = createHash('md5'); return [thrown(() => createHash('nope')).includes('nope'), thrown(() => update.call({}, 'a')), thrown(() => createHash('md5').digest()).startsWith('invalid output')]",
            r#"[true,"this is not a hasher",true]"#,
        ),
    ]);
}

#[test]
fn random_bytes_are_many_different_and_bounded() {
    table(&[
        (
            "const b = randomBytes(32); return [b instanceof ArrayBuffer, b.byteLength, hexEncode(b) !== hexEncode(randomBytes(32))]",
            "[true,32,true]",
        ),
        (
            "return [0, -1, NaN, 'x', undefined, 1e15, Infinity].map(n => thrown(() => randomBytes(n)) !== 'nothing')",
            "[true,true,true,true,true,true,true]",
        ),
        (
            "return [hexEncode('hi'), hexEncode(bytes(0, 255))]",
            r#"["6869","00ff"]"#,
        ),
    ]);
}
