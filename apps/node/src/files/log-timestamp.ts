/** 2026-11-01T08:00:00.123Z, with a blank for the T, a comma for the dot, or without seconds or zone. */
const ISO = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?/;

/** 01/Nov/2026:08:00:00 +0000, as web servers write it. */
const COMMON_LOG = /\b\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?/;

/** Seconds or milliseconds since 1970 in a JSON line, as pino writes them. */
const EPOCH = /"(?:time|ts|timestamp)"\s*:\s*(\d{13}|\d{10}(?:\.\d{1,9})?)\s*[,}]/;

/** A time stands near the beginning of a line. */
const WINDOW = 1_024;

/** When a log line was written: as it says itself, or in ISO 8601 where it counts from 1970. */
export function timestampOf(line: string): string | undefined {
  const head = line.slice(0, WINDOW);
  const epoch = EPOCH.exec(head)?.[1];
  if (epoch !== undefined) return new Date(Number(epoch) * (epoch.length === 13 ? 1 : 1_000)).toISOString();
  return (ISO.exec(head) ?? COMMON_LOG.exec(head))?.[0];
}
