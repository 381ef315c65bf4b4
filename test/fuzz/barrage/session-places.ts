import type { Draw } from './draw.js';

/**
 * Real session ids differ from run to run; so that the same seed still gives the same inputs, an input holds a place
 * for one, `{session:2}`, or for an altered one, `{session:2:flip17}`, and the sender fills it in.
 */
const PLACE = /\{session:(\d+)(?::(flip|cut|case|join)(\d+))?\}/g;

export const livePlace = (draw: Draw): string => `{session:${String(draw.int(64))}}`;

export const alteredPlace = (draw: Draw): string =>
  `{session:${String(draw.int(64))}:${draw.pick(['flip', 'cut', 'case', 'join'])}${String(draw.int(512))}}`;

/** Fills every place of `text` with one of the sessions. */
export function fillSessions(text: string, sessions: readonly string[]): string {
  if (!text.includes('{session:')) return text;
  return text.replace(PLACE, (_all, nth: string, change: string | undefined, by: string | undefined) => {
    const id = sessions[Number(nth) % sessions.length] ?? 'none';
    return change === undefined ? id : alter(id, change, Number(by) % Math.max(1, id.length), sessions);
  });
}

function alter(id: string, change: string, at: number, sessions: readonly string[]): string {
  switch (change) {
    case 'flip':
      return `${id.slice(0, at)}${id[at] === 'A' ? 'B' : 'A'}${id.slice(at + 1)}`;
    case 'cut':
      return id.slice(0, at);
    case 'case':
      return id.toUpperCase();
    default:
      // The front of one sealed id and the end of another.
      return `${id.slice(0, at)}${(sessions.at(-1) ?? id).slice(at)}`;
  }
}
