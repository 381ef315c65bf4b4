import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ManagerModule } from '../manager.module.js';
import type { Guard } from '../front-door/front-door.js';
import type { Membership } from '../membership/membership.js';

/**
 * Opens the admin port.
 * @param guard keeps web pages away (T1): the admin API has no login, and a browser reaches what its user reaches
 * @returns the application and the port that it listens on
 */
export async function openAdmin(
  membership: Membership,
  at: { host: string; port: number },
  guard: Guard,
): Promise<{ app: NestFastifyApplication; port: number }> {
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  // Before Nest's routes, so that paths which do not exist are guarded too.
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    const refusal = guard.check(request.headers);
    if (refusal === undefined) {
      done();
      return;
    }
    const { status, message } = refusal;
    void reply.code(status).send({ statusCode: status, error: 'Forbidden', message });
  });
  // Its own log lines are of no use to people who read JSON; what matters is logged where it happens.
  const app = await NestFactory.create<NestFastifyApplication>(ManagerModule.around(membership), adapter, {
    logger: false,
    abortOnError: false,
  });
  await app.listen(at.port, at.host);
  const port = Number(new URL(await app.getUrl()).port);
  return { app, port: port === 0 ? 80 : port };
}
