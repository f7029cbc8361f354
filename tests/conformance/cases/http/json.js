//! rule: api 6.8 res.json(): whole, by gjson path, fresh each time, errors
//! checks: 40
import http from 'k6/http';
import { check } from 'k6';
function thrown(run) { try { run(); } catch (e) { return e; } }
const doc = { name: { first: 'Tom', last: 'A' }, age: 37, children: ['Sara', 'Alex', 'Jack'], 'fav.movie': 'Deer', big: 12345678901234567890, t: true, n: null, friends: [{ id: 1, first: 'Dale', age: 44, nets: ['ig', 'fb'] }, { id: 2, first: 'Roger', age: 68, nets: ['fb'] }, { id: 3, first: 'Jane', age: 47, nets: ['ig', 'tw'] }] };
const reply = (body) => `${__ENV.WIRE}/keep?${encodeURIComponent(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)}`;
const paths = {
  'name.first': 'Tom', age: 37, children: ['Sara', 'Alex', 'Jack'], 'children.0': 'Sara', 'children.#': 3, 'friends.#': 3, 'friends.1.first': 'Roger', 'friends.#.first': ['Dale', 'Roger', 'Jane'],
  'friends.#(id==2).first': 'Roger', 'friends.#(id>1)#.first': ['Roger', 'Jane'], 'friends.#(first=="Jane").age': 47, 'friends.#(age<=47)#.id': [1, 3], 'friends.#(first!="Dale")#.id': [2, 3], 'friends.#(first%"J*").id': 3, 'friends.#(first!%"J*")#.id': [1, 2],
  'friends.#.nets.#': [2, 1, 2], 'child*.2': 'Jack', 'c?ildren.0': 'Sara', 'fav\\.movie': 'Deer', 'name|first': 'Tom', 'friends.#.first|0': 'Dale', '{age,name.last}': { age: 37, last: 'A' }, '[age,t]': [37, true], 'children|@reverse': ['Jack', 'Alex', 'Sara'],
  'name|@keys': ['first', 'last'], 'name|@values': ['Tom', 'A'], '[children,[age]]|@flatten': ['Sara', 'Alex', 'Jack', 37], n: null, t: true, '@this.age': 37, 'friends.0.nets.1': 'fb', 'friends.#(nets.#(=="tw")).id': 3,
};
export default function () {
  const r = http.get(reply(JSON.stringify(doc)));
  for (const [path, expected] of Object.entries(paths)) {
    const found = r.json(path);
    check(found, { [path]: (f) => JSON.stringify(f) === JSON.stringify(expected) || console.log(path, JSON.stringify(f)) });
  }
  check(r, {
    whole: (r) => r.json().name.first === 'Tom' && r.json().friends[2].nets[1] === 'tw',
    fresh: (r) => r.json() !== r.json(),
    missing: (r) => r.json('nothing') === undefined && r.json('friends.7') === undefined && r.json('name.first.x') === undefined,
    'big numbers': (r) => r.json('big') === 12345678901234567890,
    'bad JSON throws': () => { const e = thrown(() => http.get(reply('{"a":\n x}')).json()); return e instanceof Error && /line/i.test(e.message) && /2/.test(e.message); },
    'bad JSON by path': () => http.get(reply('{"a": x')).json('b') === undefined,
    'null body throws': () => thrown(() => http.get(reply('{}'), { responseType: 'none' }).json()) instanceof Error && thrown(() => http.get(reply('{}'), { responseType: 'none' }).html()) instanceof Error,
    scalar: () => http.get(reply('5')).json() === 5 && http.get(reply('"x"')).json() === 'x' && http.get(reply('null')).json() === null,
  });
}
