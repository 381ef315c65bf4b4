import { LocalError } from '@mcp-cluster/kernel';

/** What was wrong with one field of a request. */
export interface FieldProblem {
  readonly field: string;
  /** What came, ready to print. */
  readonly got: string;
  readonly expected: string;
}

/**
 * The admin API cannot do what it was asked. Crosses the wire as `{statusCode, error, message, field?, got?, expected?}`,
 * `error` being the code.
 */
export class AdminError extends LocalError {
  constructor(
    readonly status: 400 | 404 | 409 | 415,
    code: string,
    message: string,
    readonly problem?: FieldProblem,
  ) {
    super(code, message);
    this.name = 'AdminError';
  }

  get body(): object {
    return { statusCode: this.status, error: this.code, message: this.message, ...this.problem };
  }
}

/** `invalid_field`, 400. @param received anything that came in a body */
export function invalidField(field: string, received: unknown, expected: string): AdminError {
  return fieldError({ field, got: received === undefined ? 'nothing' : shown(received), expected });
}

/** `invalid_field`, 400. */
export function fieldError(problem: FieldProblem): AdminError {
  const { field, got, expected } = problem;
  return new AdminError(400, 'invalid_field', `${field}: got ${got}, expected ${expected}`, problem);
}

/** `unknown_node`, 404. */
export function unknownNode(id: string): AdminError {
  return new AdminError(404, 'unknown_node', `no node ${shown(id)}; GET /admin/nodes lists them`, {
    field: 'id',
    got: shown(id),
    expected: 'the id of a node',
  });
}

/** The node, or the cluster, is not in a state in which this can be done: 409. */
export function conflict(code: string, message: string): AdminError {
  return new AdminError(409, code, message);
}

/** Text from outside, safe to print: quoted, escaped, cut. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
