import { validateHeaderName, validateHeaderValue } from 'node:http';
import { mutateBytes, mutateStructure, mutateText } from './body-mutations.js';
import { drawFrames } from './broken-frames.js';
import { Draw } from './draw.js';
import { forged, mutateHeaders } from './header-mutations.js';
import { headOf, withFraming, type FuzzInput, type Header, type HttpShape } from './input.js';
import { alteredPlace, livePlace } from './session-places.js';
import { validMessage, type ValidMessage } from './valid-messages.js';

/** One above what the door takes (4 MiB). */
const TOO_LARGE = 4 * 1024 * 1024 + 1;
const PATHS = ['/mcp?x=1', '/', '/mcp/', '/MCP', '//mcp', '/mcp/..', '/admin/nodes', '/metrics', '/drain', '/%2e%2e/mcp'];
const METHODS = ['GET', 'DELETE', 'PUT', 'OPTIONS', 'PATCH', 'HEAD', 'TRACE', 'PROPFIND'];

/** The input of a seed at an index: the same whenever, wherever and after whatever it is made. */
export function inputAt(seed: number, index: number): FuzzInput {
  const draw = new Draw(seed, index);
  const done: string[] = [];
  const shape = draw.chance(0.12) ? otherMethod(draw, done) : post(draw, done);
  const what = (): string => done.join(', ');
  if (draw.chance(0.3) && shape.body.length < TOO_LARGE) {
    const { what: frame, ...frames } = drawFrames(draw, sendable(shape) ? shape : { ...shape, headers: [] });
    done.push(frame);
    return { index, what: what(), via: 'raw', ...frames };
  }
  if (sendable(shape)) return { index, what: what(), via: 'http', ...shape };
  done.push('no HTTP header');
  const pieces = [headOf(withFraming(shape)), shape.body];
  return { index, what: what(), via: 'raw', pieces, demanded: 0, hangUp: false };
}

function post(draw: Draw, done: string[]): HttpShape {
  const valid = validMessage(draw);
  const method = valid.message['method'];
  done.push(typeof method === 'string' ? method : 'response');
  if (draw.chance(0.002)) {
    // With its headers as they should be: where Node refuses headers (431), it resets a connection that still
    // brings a body, and the client may never read why. A bare node:http server does the same.
    done.push('too large');
    return { method: 'POST', path: '/mcp', headers: valid.headers, body: Buffer.alloc(TOO_LARGE + draw.int(1_000_000), 0x20) };
  }
  let headers = valid.headers;
  for (let left = draw.pick([0, 0, 0, 1, 2]); left > 0; left -= 1) {
    headers = mutateHeaders(draw, headers);
    done.push('headers');
  }
  const path = draw.chance(0.03) ? draw.pick(PATHS) : '/mcp';
  return { method: 'POST', path, headers, body: bodyOf(draw, valid, done) };
}

function bodyOf(draw: Draw, valid: ValidMessage, done: string[]): Buffer {
  let message = valid.message;
  for (let left = draw.pick([0, 0, 1, 1, 2]); left > 0; left -= 1) {
    message = mutateStructure(draw, message);
    done.push('structure');
  }
  let text = draw.chance(0.06) ? batch(draw, message, done) : JSON.stringify(message);
  if (draw.chance(0.2)) {
    text = mutateText(draw, text);
    done.push('text');
  }
  const body = Buffer.from(text);
  if (!draw.chance(0.15)) return body;
  done.push('bytes');
  return mutateBytes(draw, body);
}

function batch(draw: Draw, message: object, done: string[]): string {
  done.push('batch');
  const members = Array.from({ length: draw.pick([0, 1, 3, 100, 101]) }, () =>
    draw.chance(0.7) ? validMessage(draw).message : draw.pick([message, null, [], 1]),
  );
  return JSON.stringify(members);
}

/** GET and DELETE inside and outside of sessions, and what MCP does not know. */
function otherMethod(draw: Draw, done: string[]): HttpShape {
  const method = draw.pick([...METHODS, 'GET', 'GET', 'DELETE']);
  done.push(method);
  // Ending live sessions often would leave nothing for the other inputs to be sent to.
  const sessions = [alteredPlace(draw), forged(draw), ...(method !== 'DELETE' || draw.chance(0.2) ? [livePlace(draw)] : [])];
  const headers: Header[] = [
    ['Accept', 'text/event-stream'],
    ['Mcp-Session-Id', draw.pick(sessions)],
    ['Last-Event-ID', draw.pick(['', '1', 'x.7', '{session:1}.3', forged(draw)])],
  ];
  const body = draw.chance(0.2) ? draw.bytes(20) : Buffer.alloc(0);
  const changed = draw.chance(0.6) ? mutateHeaders(draw, headers) : headers;
  return { method, path: draw.chance(0.1) ? draw.pick(PATHS) : '/mcp', headers: changed, body };
}

/** Whether Node's client takes the headers (Trailer only with chunks); what it does not is sent as bytes, and may break its own frame. */
function sendable({ headers }: HttpShape): boolean {
  try {
    for (const [name, value] of headers) {
      if (name.toLowerCase() === 'trailer') return false;
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}
