import type { Rng } from '@mcp-cluster/kernel';
import { Seal, type ClusterKey } from '../session/seal.js';

/** The header in which a manager tells a node that a request comes for the second time. Clients' ones never pass the door (T4). */
export const SPLICE_HEADER = 'x-internal-splice';

/** What the client of a call already has, because an earlier node died in the middle of it. */
export interface Splice {
  /** The highest progress that the client has seen: only higher ones are told (S03). */
  readonly progressAbove: number | undefined;
}

/** Seals what a manager says of a request that it gives to a second node. Only a holder of the cluster's key can say it. */
export class SplicePass {
  private readonly seal: Seal;

  constructor(key: ClusterKey, rng: Rng) {
    this.seal = new Seal(key, 'splice/1', rng);
  }

  /** @param requestId the `X-Request-Id` that goes with it: for any other request the pass means nothing */
  close(requestId: string, { progressAbove }: Splice): string {
    return this.seal.close(JSON.stringify([requestId, progressAbove ?? null]));
  }

  /** Undefined for a pass that no manager made, or one for another request. */
  open(requestId: string, pass: string): Splice | undefined {
    const text = this.seal.open(pass);
    if (text === undefined) return undefined;
    const [madeFor, progressAbove] = JSON.parse(text) as [string, number | null];
    return madeFor === requestId ? { progressAbove: progressAbove ?? undefined } : undefined;
  }
}
