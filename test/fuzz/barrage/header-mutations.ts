import type { Draw } from './draw.js';
import type { Header } from './input.js';
import { oddString, PROTOTYPE_NAMES } from './odd-values.js';
import { alteredPlace, livePlace } from './session-places.js';
import { sentinel } from './valid-messages.js';

/** Longest header value that is drawn, in bytes: above Node's limit of 16 KiB for all headers (431), not far above. */
const MAX_VALUE = 20_000;

/** Values that these names are meant to be wrong with. */
const ODD_VALUES: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  'Content-Type': ['text/plain', 'application/json; charset=utf-16', 'application/jsonx', 'multipart/form-data', '', 'APPLICATION/JSON ;', ';'.repeat(2_000)],
  Accept: ['', '*/*', 'text/html', 'application/json;q=0', 'text/event-stream', 'application/json', ','.repeat(2_000), 'a/b;q=NaN, */*;q=1e9', 'text/*'],
  'MCP-Protocol-Version': ['2025-11-25', '2026-07-28', '2025-03-26', '1.0', '', '9999-99-99', '2026-07-28, 2026-07-28', ...PROTOTYPE_NAMES],
  'Mcp-Method': ['tools/call', 'TOOLS/CALL', 'tools/list', 'subscriptions/listen', 'initialize', '', 'a b', sentinel('tools/call'), ...PROTOTYPE_NAMES],
  'Mcp-Name': ['echo', ' echo', 'Echo', sentinel('echo'), sentinel('\0'), '=?base64?ZWNobw?=', '=?base64?////?=', '=?BASE64?ZWNobw==?=', '=?base64?=', ...PROTOTYPE_NAMES],
  'Mcp-Param-Region': ['eu', '', sentinel('é'), '=?base64?wyg=?='],
  'Last-Event-ID': ['', '0', 'a.1', '-1', '99999999999999999999', 'a'.repeat(4_000), '../1', sentinel('1')],
  Origin: ['null', 'http://evil.example', 'http://localhost', 'http://localhost:99999', 'http://[', 'file://'],
  Host: ['evil.example', 'localhost:99999', '127.0.0.1@evil.example', '[::1', 'localhost.', ''],
  'X-Request-Id': ['a'.repeat(5_000), '{"x":1}', '%0d%0a', 'é'],
  'X-Forwarded-For': ['1.2.3.4, 5.6.7.8', '::1'],
  'X-Internal-Principal': ['admin', '{}'],
  Connection: ['mcp-method, mcp-name', 'content-length, content-type', 'close', 'Upgrade, HTTP2-Settings', 'x'.repeat(500), ',,,'],
  Upgrade: ['websocket', 'h2c'],
  Expect: ['100-continue', '200-ok'],
  TE: ['trailers', 'gzip'],
  Trailer: ['content-length'],
  'Content-Encoding': ['gzip', 'br', 'identity'],
  Authorization: ['Bearer x', 'Basic Og==', 'Bearer', 'B'.repeat(3_000)],
  Cookie: ['a=b; c', '__proto__=1'],
  Forwarded: ['for="[::1]";host=evil'],
  traceparent: ['00-0-0-0', '00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff'],
}));
const ODD_NAMES = [...PROTOTYPE_NAMES, 'Mcp-Param-', 'Mcp-Param-__proto__', "!#$%&'*+-.^_`|~", 'x-internal-', 'x'.repeat(300)];

/** Drops, doubles, renames, replaces or adds a header. */
export function mutateHeaders(draw: Draw, headers: readonly Header[]): Header[] {
  const changed = [...headers];
  const at = draw.int(changed.length);
  const [name, value] = changed[at] ?? ['Accept', '*/*'];
  switch (draw.int(10)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.push([name, draw.chance(0.5) ? value : headerText(oddString(draw))]);
      break;
    case 2:
      changed[at] = [draw.pick([name.toUpperCase(), name.toLowerCase(), alternate(name)]), value];
      break;
    case 3:
      changed[at] = [name, draw.pick(ODD_VALUES.get(name) ?? [alteredPlace(draw)])];
      break;
    case 4:
      changed[at] = [name, draw.pick([`${value}, ${value}`, value.toUpperCase(), ` ${value}\t`, sentinel(value), headerText(oddString(draw))])];
      break;
    case 5:
      changed.push(['Mcp-Session-Id', draw.pick([alteredPlace(draw), livePlace(draw), headerText(oddString(draw)), forged(draw)])]);
      break;
    case 6:
      changed.push([draw.pick(ODD_NAMES), 'x']);
      break;
    case 7:
      for (let added = draw.pick([20, 90, 1_500]); added > 0; added -= 1) changed.push([`X-${String(added)}`, 'v']);
      break;
    default: {
      const [added, values] = draw.pick([...ODD_VALUES]);
      changed.push([added, draw.pick(values)]);
    }
  }
  return changed.map(([one, text]) => [one, headerText(text)]);
}

/** A session id of our making: what a forger without the key can do. */
export function forged(draw: Draw): string {
  const made = draw.bytes(draw.between(0, 200));
  return draw.chance(0.5) ? made.toString('base64url') : `v1.${made.toString('hex')}`;
}

/** Text as Node's client takes it for a header: UTF-8 bytes, one character each. */
function headerText(text: string): string {
  const bytes = /[^\0-\xff]/.test(text) ? Buffer.from(text).toString('latin1') : text;
  return bytes.slice(0, MAX_VALUE);
}

function alternate(name: string): string {
  return name.replace(/(.)(.?)/g, (_all, first: string, second: string) => first.toLowerCase() + second.toUpperCase());
}
