import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { readCacheTarget, type Leadership } from '@mcp-cluster/cluster';
import type { Membership } from '../membership/membership.js';
import type { Decisions, ScalingDecision } from '../scaling/decision.js';
import { readAddedNode } from './added-node.js';
import { AdminError, fieldError, invalidField } from './admin.errors.js';
import type { ClusterCache, ClusterCacheReport, InvalidatedNode } from './cluster-cache.js';
import type { NodeOperations } from './node-operations.js';
import { nodeView, type NodeView } from './node-view.js';
import type { Operation } from './operations.js';

/** What the admin API shows and orders. */
export interface AdminParts {
  readonly membership: Pick<Membership, 'nodes'>;
  readonly operations: NodeOperations;
  readonly decisions: Decisions;
  readonly leadership: Pick<Leadership, 'term'>;
  readonly cache: Pick<ClusterCache, 'report' | 'invalidate'>;
  /** Management port of nodes that are added by their URL. */
  readonly managementPort: number;
}

/** The part of Fastify's reply that is needed: Fastify itself is no dependency of ours. */
interface Reply {
  code(status: number): unknown;
}

/** Injected under this name: Nest knows no interfaces. */
export const ADMIN_PARTS = Symbol('admin parts');

/** For those who run the cluster. */
@Controller('admin')
export class AdminController {
  constructor(@Inject(ADMIN_PARTS) private readonly parts: AdminParts) {}

  @Get('nodes')
  nodes(): NodeView[] {
    return this.parts.membership.nodes().map(nodeView);
  }

  /** With a URL 201 and the node, which is in the cluster; without one 202 and the operation that starts one more. */
  @Post('nodes')
  async add(@Body() body: unknown, @Res({ passthrough: true }) reply: Reply): Promise<NodeView | Operation> {
    const { operations, managementPort } = this.parts;
    const node = readAddedNode(body, managementPort);
    reply.code(node === undefined ? 202 : 201);
    return node === undefined ? operations.start() : operations.add(node);
  }

  @Post('nodes/:id/drain')
  @HttpCode(202)
  drain(@Param('id') id: string): Operation {
    return this.parts.operations.drain(id);
  }

  @Delete('nodes/:id')
  @HttpCode(202)
  remove(@Param('id') id: string, @Query('force') force: unknown): Operation {
    if (force !== undefined && force !== 'true' && force !== 'false')
      throw invalidField('force', force, 'true or false');
    return this.parts.operations.remove(id, force === 'true');
  }

  @Post('restart')
  @HttpCode(202)
  restart(): Operation {
    return this.parts.operations.restart();
  }

  @Get('operations')
  operations(): Operation[] {
    return this.parts.operations.operations.list();
  }

  @Get('operations/:id')
  operation(@Param('id') id: string): Operation {
    const operation = this.parts.operations.operations.get(id);
    if (operation === undefined)
      throw new AdminError(404, 'unknown_operation', 'no such operation; GET /admin/operations lists the last 100');
    return operation;
  }

  /** What scaling decided, oldest first. */
  @Get('decisions')
  decisions(): readonly ScalingDecision[] {
    return this.parts.decisions.list();
  }

  /** Whether this manager decides for all of them, and in which term. */
  @Get('leader')
  leader(): { leads: boolean; token?: number } {
    const { term } = this.parts.leadership;
    return term === undefined ? { leads: false } : { leads: true, token: term.token };
  }

  /** What the caches of the nodes hold, and how often they help. */
  @Get('cache')
  cache(): Promise<ClusterCacheReport> {
    return this.parts.cache.report();
  }

  /** 200 when every node has forgotten it; 502 when some could not be told, and the same list says which. */
  @Post('cache/invalidate')
  async invalidate(
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<{ nodes: readonly InvalidatedNode[] }> {
    const read = readCacheTarget(body);
    if ('problem' in read) throw fieldError(read.problem);
    const nodes = await this.parts.cache.invalidate(read.target);
    const missed = nodes.filter(({ done }) => !done);
    reply.code(missed.length === 0 ? 200 : 502);
    return missed.length === 0 ? { nodes } : { ...notEverywhere(missed.length, nodes.length), nodes };
  }
}

function notEverywhere(missed: number, all: number): { statusCode: 502; error: string; message: string } {
  const message = `${String(missed)} of ${String(all)} nodes could not be told: what they hold ends with its time to live`;
  return { statusCode: 502, error: 'not_everywhere', message };
}
