import { createHash } from 'node:crypto';
import type { Rng } from '@mcp-cluster/kernel';
import { principalKey, type Principal } from '../exchange/context.js';
import { Seal, type ClusterKey } from '../session/seal.js';

/** What a task's id says to the cluster: opaque and unguessable to everybody else (S6). */
export interface TaskIdentity {
  /** Id of the node that runs the task. */
  readonly home: string;
  /** Mark of the principal whose task it is; compare with `principalMark`. */
  readonly principal: string;
}

/** Task ids: sealed with the cluster's key, so that any node or manager tells a good one from a forged one. */
export class TaskSeal {
  private readonly seal: Seal;

  constructor(key: ClusterKey, rng: Rng) {
    this.seal = new Seal(key, 'task-id/1', rng);
  }

  /** A new id; no two are equal, because each seal has its own random nonce. */
  close(home: string, principal: Principal): string {
    return this.seal.close(JSON.stringify([home, principalMark(principal)]));
  }

  /** Undefined for an id that this cluster did not make. */
  open(taskId: string): TaskIdentity | undefined {
    const text = this.seal.open(taskId);
    if (text === undefined) return undefined;
    const [home, principal] = JSON.parse(text) as [string, string];
    return { home, principal };
  }
}

/** A principal in 16 characters: an id goes into headers, so it says who, but not by name. */
export function principalMark(principal: Principal): string {
  return createHash('sha256').update(principalKey(principal)).digest('base64url').slice(0, 16);
}
