import type { Background } from '@mcp-cluster/kernel';
import { invalidRequest, STATELESS_REVISION, toWireError, type Dispatcher, type Session } from '@mcp-cluster/protocol';
import type { HttpCall } from './http-call.js';
import { requireServedHeader } from './http-era.js';

/** Finds the session of a request, on whichever node it was served before. */
export class SessionRequests {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly background: Background,
  ) {}

  /**
   * Serves a request in its session: at once if the session is here, else when what other nodes know of it was looked up.
   * @throws WireError when there is no such session and nobody has to be asked; what `serve` throws
   */
  inSession(call: HttpCall, serve: (session: Session) => void): void {
    const id = call.request.headers['mcp-session-id'];
    if (typeof id !== 'string')
      throw invalidRequest('Mcp-Session-Id: expected the id that initialize gave, got nothing');
    const found = this.dispatcher.sessions.find(id, call.principal);
    if (!(found instanceof Promise)) {
      serve(found);
      return;
    }
    this.background.run('session lookup', async () => {
      try {
        serve(await found);
      } catch (thrown) {
        call.fail(toWireError(thrown), call.id);
      }
    });
  }

  /** As `inSession`, for GET and DELETE; refuses what has no session, and never throws. */
  orRefuse(call: HttpCall, serve: (session: Session) => void): void {
    const { headers } = call.request;
    // Without a session both are of no revision that we serve: 405 sends old HTTP+SSE clients on their way.
    if (headers['mcp-session-id'] === undefined || headers['mcp-protocol-version'] === STATELESS_REVISION) {
      call.methodNotAllowed();
      return;
    }
    try {
      requireServedHeader(call);
      this.inSession(call, serve);
    } catch (thrown) {
      call.fail(toWireError(thrown), undefined);
    }
  }

  /** HTTP DELETE: answered when every node can know that the session has ended. */
  end(call: HttpCall, session: Session): void {
    const done = (): void => {
      call.response.writeHead(200, [...call.headers, 'Content-Length', '0']).end();
    };
    const ending = this.dispatcher.sessions.end(session.id);
    if (ending === undefined) done();
    else
      this.background.run('session end', async () => {
        try {
          await ending;
        } catch (thrown) {
          call.fail(toWireError(thrown), undefined);
          throw thrown; // to be counted and logged
        }
        done();
      });
  }
}
