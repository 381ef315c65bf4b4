import {
  readSize,
  SEED_TOKEN,
  writeSize,
  type FencedRegister,
  type Leadership,
  type RegisteredValue,
} from '@mcp-cluster/cluster';
import { asError, type Background, type Clock, type Timer } from '@mcp-cluster/kernel';
import type { Sizable } from './scale-target.js';

/** Milliseconds between looks: a decision is made every 15 s, and a second later it is under way. */
export const FOLLOW_MS = 1_000;

export interface FollowerParts {
  readonly register: FencedRegister;
  readonly fleet: Sizable;
  /** Only a leader may register what an operator has changed here. */
  readonly leadership: Pick<Leadership, 'term'>;
  /** Most nodes that this manager starts, whatever the register says. */
  readonly max: number;
  readonly clock: Clock;
  readonly background: Background;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** Makes the nodes of this manager as many as the register says, whoever wrote it. Without the store nothing changes. */
export class RegisterFollower {
  private timer: Timer | undefined;
  private looking = false;
  private failing = false;
  private followed: RegisteredValue | undefined;

  constructor(private readonly parts: FollowerParts) {}

  start(): void {
    this.timer = this.parts.clock.every(FOLLOW_MS, () => {
      this.look();
    });
    this.look();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private look(): void {
    if (this.looking) return;
    this.looking = true;
    this.parts.background.run('scaling-register', async () => {
      try {
        await this.follow();
        this.failing = false;
      } catch (thrown) {
        // Told once, not every second: the store may be away for minutes.
        if (!this.failing) this.parts.log.warn({ err: asError(thrown) }, 'the number of nodes stays as it is');
        this.failing = true;
      } finally {
        this.looking = false;
      }
    });
  }

  private async follow(): Promise<void> {
    const { register, fleet, max, log } = this.parts;
    const value = await register.read();
    const size = readSize(value);
    if (value === undefined || size === undefined) {
      // Nobody has decided yet, or the store forgot. After a restart of this manager alone what was decided still holds.
      await register.write(SEED_TOKEN, writeSize(fleet.wanted));
      return;
    }
    if (this.followed?.token === value.token && this.followed.json === value.json) {
      if (size !== fleet.wanted) await this.tell();
      return;
    }
    this.followed = value;
    const to = Math.min(size, max);
    if (to === fleet.wanted) return;
    log.info({ from: fleet.wanted, to, token: value.token }, 'number of nodes follows the register');
    fleet.resize(to);
  }

  /** An operator has added or removed a node here. It holds until the next decision, which should know of it. */
  private async tell(): Promise<void> {
    const { register, fleet, leadership } = this.parts;
    const { term } = leadership;
    if (term === undefined) return;
    const told = { token: term.token, json: writeSize(fleet.wanted) };
    if (await register.write(told.token, told.json)) this.followed = told;
  }
}
