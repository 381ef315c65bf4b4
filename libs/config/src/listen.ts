/** A port and the address it listens on. */
export interface Listen {
  host: string;
  port: number;
}

/** A config whose listed parts know their host: without a setting of their own it is that of the MCP port. */
export type WithHosts<Config, Parts extends keyof Config> = Omit<Config, Parts> & Record<Parts, Listen>;

export function withHost(part: { host?: string | undefined; port: number }, mcp: { host: string }): Listen {
  return { host: part.host ?? mcp.host, port: part.port };
}

/** For the rules between settings: they run even when single settings were refused, so that every problem shows. */
export const always = (): boolean => true;

/** Whether two ports can be open at once: 0 takes any free one. A refused port is no number and collides with none. */
export function differ(first: number, second: number): boolean {
  return first === 0 || first !== second || !Number.isInteger(first);
}
