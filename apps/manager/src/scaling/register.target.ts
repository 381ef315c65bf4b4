import { readSize, writeSize, type FencedRegister, type Term } from '@mcp-cluster/cluster';
import { sizeUnknown, staleTerm, type ScaleTarget } from './scale-target.js';

/**
 * The number of nodes in the shared store. Any manager may lead and decide; the one that starts the processes follows
 * the register. A leader that lost its term without noticing cannot write any more.
 */
export class RegisterTarget implements ScaleTarget {
  constructor(private readonly register: FencedRegister) {}

  async current(): Promise<number> {
    const size = readSize(await this.register.read());
    if (size === undefined) throw sizeUnknown('no manager that starts nodes has registered their number');
    return size;
  }

  async apply(desired: number, { token }: Term): Promise<void> {
    if (!(await this.register.write(token, writeSize(desired)))) throw staleTerm(token);
  }
}
