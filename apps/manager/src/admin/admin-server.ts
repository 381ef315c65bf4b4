import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ManagerModule } from '../manager.module.js';
import type { Guard } from '../front-door/front-door.js';
import type { AdminParts } from './admin.controller.js';
import { AdminErrorFilter } from './admin-error.filter.js';
import { invalidField } from './admin.errors.js';
import { ClusterCache } from './cluster-cache.js';
import { HttpNodeCaches } from './node-caches.js';
import { refuseWebPage } from './web-page.guard.js';

/** Bytes of a request's body: a URL or a name is all that one says. */
const MAX_BODY_BYTES = 16_384;

/**
 * Opens the admin port.
 * @param guard keeps web pages away (T1): the admin API has no login, and a browser reaches what its user reaches
 * @returns the application and the port that it listens on
 */
export async function openAdmin(
  parts: Omit<AdminParts, 'cache'>,
  at: { host: string; port: number },
  guard: Guard,
): Promise<{ app: NestFastifyApplication; port: number }> {
  const adapter = new FastifyAdapter({ forceCloseConnections: true, bodyLimit: MAX_BODY_BYTES });
  const fastify = adapter.getInstance();
  // Before Nest's routes, so that paths which do not exist are guarded too.
  fastify.addHook('onRequest', (request, reply, done) => {
    const refusal = guard.check(request.headers);
    const noPage = refuseWebPage(request.method, request.headers);
    if (refusal !== undefined) {
      const { status, message } = refusal;
      void reply.code(status).send({ statusCode: status, error: 'Forbidden', message });
    } else if (noPage !== undefined) {
      void reply.code(415).send({ statusCode: 415, error: 'Unsupported Media Type', message: noPage });
    } else {
      done();
    }
  });
  // Fastify's own refuses an empty body, which most of our requests have.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    parseBody(String(text), done);
  });
  const caches = new HttpNodeCaches();
  fastify.addHook('onClose', (_fastify, done) => {
    caches.close();
    done();
  });
  const cache = new ClusterCache(parts.membership, caches);
  // Its own log lines are of no use to people who read JSON; what matters is logged where it happens.
  const app = await NestFactory.create<NestFastifyApplication>(ManagerModule.around({ ...parts, cache }), adapter, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalFilters(new AdminErrorFilter());
  await app.listen(at.port, at.host);
  const port = Number(new URL(await app.getUrl()).port);
  return { app, port: port === 0 ? 80 : port };
}

function parseBody(text: string, done: (error: Error | null, body?: unknown) => void): void {
  try {
    done(null, text === '' ? undefined : JSON.parse(text));
  } catch {
    done(invalidField('body', text, 'JSON'));
  }
}
