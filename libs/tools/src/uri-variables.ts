type Operator = '+' | '#' | '.' | '/' | ';' | '?' | '&';

type WithoutModifier<V extends string> = V extends `${infer Name}*`
  ? Name
  : V extends `${infer Name}:${string}`
    ? Name
    : V;

type Names<List extends string> = List extends `${infer First},${infer Rest}`
  ? WithoutModifier<First> | Names<Rest>
  : WithoutModifier<List>;

type Expression<E extends string> = E extends `${Operator}${infer List}` ? Names<List> : Names<E>;

type VariableNames<T extends string> = T extends `${string}{${infer E}}${infer Rest}`
  ? Expression<E> | VariableNames<Rest>
  : never;

/** The variables of an RFC 6570 template: `logs://{filename}` gives `{ filename: string }`. */
export type UriVariables<T extends string> = string extends T
  ? Readonly<Record<string, string>>
  : Readonly<Record<VariableNames<T>, string>>;
