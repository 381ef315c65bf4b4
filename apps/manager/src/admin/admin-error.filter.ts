import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AdminError } from './admin.errors.js';

/** The part of Fastify's reply that is needed: Fastify itself is no dependency of ours. */
interface Reply {
  code(status: number): { send(body: object): unknown };
}

/** The one place where an AdminError becomes an answer. */
@Catch(AdminError)
export class AdminErrorFilter implements ExceptionFilter<AdminError> {
  catch(error: AdminError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Reply>().code(error.status).send(error.body);
  }
}
