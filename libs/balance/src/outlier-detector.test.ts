import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BASE_EJECTION_MS,
  FAILURES_TO_EJECTION,
  FORGIVE_INTERVAL_MS,
  MAX_EJECTED_SHARE,
  MAX_EJECTION_MS,
  OutlierDetector,
  type OutlierHost,
} from './outlier-detector.js';

function cluster(size: number): { detector: OutlierDetector; hosts: OutlierHost[] } {
  const detector = new OutlierDetector();
  return { detector, hosts: Array.from({ length: size }, () => detector.add()) };
}

function failing(detector: OutlierDetector, host: OutlierHost, times: number, now = 0): boolean[] {
  return Array.from({ length: times }, () => detector.failed(host, now));
}

function first(hosts: readonly OutlierHost[], at = 0): OutlierHost {
  const host = hosts[at];
  if (host === undefined) throw new RangeError('no such host');
  return host;
}

describe('outlier detection', () => {
  it('ejects at the fifth failure in a row, once', () => {
    const { detector, hosts } = cluster(3);
    expect(failing(detector, first(hosts), 7)).toEqual([false, false, false, false, true, false, false]);
    expect(first(hosts).ejected).toBe(true);
  });

  it('one answer in between starts the count again', () => {
    const { detector, hosts } = cluster(3);
    failing(detector, first(hosts), FAILURES_TO_EJECTION - 1);
    detector.succeeded(first(hosts));
    expect(failing(detector, first(hosts), FAILURES_TO_EJECTION - 1)).not.toContain(true);
  });

  it('never ejects the only host', () => {
    const { detector, hosts } = cluster(1);
    expect(failing(detector, first(hosts), 50)).not.toContain(true);
  });

  it('ejects one of a few, and the next one when there is room again', () => {
    const { detector, hosts } = cluster(3);
    failing(detector, first(hosts), 5);
    expect(failing(detector, first(hosts, 1), 5)).not.toContain(true);
    detector.release(first(hosts), 1);
    expect(detector.failed(first(hosts, 1), 1)).toBe(true);
  });

  it('lasts 30 s times the number of ejections, 300 s at most', () => {
    const { detector, hosts } = cluster(2);
    const host = first(hosts);
    let now = 0;
    for (let time = 1; time <= 15; time += 1) {
      failing(detector, host, 5, now);
      const lasts = Math.min(MAX_EJECTION_MS, time * BASE_EJECTION_MS);
      expect(detector.isOver(host, now + lasts - 1)).toBe(false);
      expect(detector.isOver(host, now + lasts)).toBe(true);
      now += lasts;
      detector.release(host, now);
    }
  });

  it('forgives one ejection for each interval without one', () => {
    const { detector, hosts } = cluster(2);
    const host = first(hosts);
    let now = 0;
    for (const pause of [0, 0, 2 * FORGIVE_INTERVAL_MS]) {
      failing(detector, host, 5, now);
      now += MAX_EJECTION_MS;
      detector.release(host, now);
      now += pause;
    }
    // Three ejections less two: this one is the second.
    failing(detector, host, 5, now);
    expect(detector.isOver(host, now + 2 * BASE_EJECTION_MS - 1)).toBe(false);
    expect(detector.isOver(host, now + 2 * BASE_EJECTION_MS)).toBe(true);
  });

  it('a host that left makes room, and its last calls change nothing', () => {
    const { detector, hosts } = cluster(3);
    failing(detector, first(hosts), 5);
    detector.remove(first(hosts));
    expect(detector.ejected).toBe(0);
    expect(failing(detector, first(hosts), 10)).not.toContain(true);
    expect(failing(detector, first(hosts, 1), 5).at(-1)).toBe(true);
  });

  it('ejects no more than a tenth, or one, whatever happens', () => {
    const event = fc.record({ host: fc.nat(39), what: fc.constantFrom('fail', 'fail', 'fail', 'ok', 'sweep') });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.array(event, { maxLength: 600 }), (size, events) => {
        const { detector, hosts } = cluster(size);
        let now = 0;
        for (const { host: at, what } of events) {
          now += 500;
          const host = first(hosts, at % size);
          if (what === 'fail') detector.failed(host, now);
          else if (what === 'ok') detector.succeeded(host);
          else for (const one of hosts) if (detector.isOver(one, now)) detector.release(one, now);
          const out = hosts.filter((one) => one.ejected).length;
          expect(out).toBe(detector.ejected);
          expect(out).toBeLessThanOrEqual(Math.max(1, size * MAX_EJECTED_SHARE));
        }
      }),
    );
  });
});
