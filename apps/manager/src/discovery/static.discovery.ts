import type { Discovery } from './discovery.js';
import type { Roster } from './roster.js';

/** A fixed list of nodes, none of which ever leaves it. */
export class StaticDiscovery implements Discovery {
  constructor(
    /** Origins without path. */
    private readonly urls: readonly string[],
    private readonly managementPort: number,
    private readonly roster: Pick<Roster, 'join'>,
  ) {}

  start(): void {
    for (const url of this.urls) {
      const managementOrigin = `http://${new URL(url).hostname}:${String(this.managementPort)}`;
      this.roster.join({ key: url, origin: url, managementOrigin });
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
