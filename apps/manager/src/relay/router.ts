import type { IncomingHttpHeaders } from 'node:http';
import { pickTwoChoices } from '@mcp-cluster/balance';
import { chooseSessionNode } from '@mcp-cluster/cluster';
import type { Rng } from '@mcp-cluster/kernel';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Lane } from '../upstream/upstream.js';
import type { HomeOf } from './session-homes.js';

/** The revision whose requests carry everything: any node will do. */
const STATELESS_REVISION = '2026-07-28';

/** The nodes that take calls now. */
export interface Takers {
  readonly ready: readonly ClusterNode[];
}

/** Decides which node gets a request, by its headers alone: no body is parsed on the way through. */
export class Router {
  constructor(
    private readonly takers: Takers,
    private readonly homeOf: HomeOf,
    private readonly rng: Rng,
  ) {}

  /**
   * @param tried nodes that this request has failed on: each is tried at most once
   * @returns undefined when no node is left that could take it
   */
  choose(headers: IncomingHttpHeaders, lane: Lane, tried: readonly ClusterNode[] | undefined): ClusterNode | undefined {
    const ready = this.takers.ready;
    const node = this.pick(headers, tried === undefined ? ready : ready.filter((one) => !tried.includes(one)));
    if (node === undefined || !node.isFull(lane)) return node;
    return this.pick(
      headers,
      ready.filter((one) => !one.isFull(lane) && tried?.includes(one) !== true),
    );
  }

  private pick(headers: IncomingHttpHeaders, candidates: readonly ClusterNode[]): ClusterNode | undefined {
    const session = headers['mcp-session-id'];
    // 2026-07-28 has no sessions; a session id that comes with it means nothing.
    if (typeof session !== 'string' || headers['mcp-protocol-version'] === STATELESS_REVISION)
      return pickTwoChoices(candidates, this.rng);
    return chooseSessionNode(session, this.homeOf(session), candidates);
  }
}
