import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ManagerModule } from '../manager.module.js';
import type { Membership } from '../membership/membership.js';

/** Opens the admin port. @returns the application and the port that it listens on */
export async function openAdmin(
  membership: Membership,
  at: { host: string; port: number },
): Promise<{ app: NestFastifyApplication; port: number }> {
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  // Its own log lines are of no use to people who read JSON; what matters is logged where it happens.
  const app = await NestFactory.create<NestFastifyApplication>(ManagerModule.around(membership), adapter, {
    logger: false,
    abortOnError: false,
  });
  await app.listen(at.port, at.host);
  const port = Number(new URL(await app.getUrl()).port);
  return { app, port: port === 0 ? 80 : port };
}
