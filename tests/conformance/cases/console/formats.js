//! rule: api 4, console formatting
//! log: level=info msg="hi 1 true" source=console
//! checks: 0
export default function () { console.log('hi', 1, true); }
