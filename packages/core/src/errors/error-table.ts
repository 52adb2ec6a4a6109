import { type ErrorDescription, MillraceError, type Recovery } from './millrace-error.ts';

/** What a package's errors mean: the source of docs/errors.md. */
export type ErrorTable = Readonly<Record<string, { readonly recovery: Recovery; readonly meaning: string }>>;

/** Makes the errors of a package from its table, so that a code always has the recovery the table says. */
export const errorFactory =
  <T extends ErrorTable>(table: T) =>
  (code: keyof T & string, message: string, rest: Pick<ErrorDescription, 'hint' | 'details' | 'cause'> = {}) => {
    const entry = table[code];
    return new MillraceError({ code, recovery: entry?.recovery ?? 'bug', message, ...rest });
  };
