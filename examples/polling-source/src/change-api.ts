import { type Column, coreErrors, errorFactory } from '@millrace/core';

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** What happened to one row, or to all of a table. `key`: the row as it was found. */
export type ApiChange =
  | { readonly op: 'insert'; readonly table: string; readonly row: Row }
  | { readonly op: 'update'; readonly table: string; readonly key: Row; readonly row: Row }
  | { readonly op: 'delete'; readonly table: string; readonly key: Row }
  | { readonly op: 'truncate'; readonly table: string };

export interface ApiTransaction {
  /** Behind it. Cursors are numbers that grow. */
  readonly cursor: number;
  /** Milliseconds since 1970. */
  readonly committedAt: number;
  readonly changes: readonly ApiChange[];
}

/** `GET /changes?after=<cursor>&limit=<transactions>`, or 410 when the log does not reach back to the cursor. */
export interface ApiChanges {
  /** Another one when the log has begun anew. */
  readonly log: string;
  /** Behind the newest transaction. */
  readonly head: number;
  /** Milliseconds since 1970, by the clock of the server. */
  readonly time: number;
  readonly transactions: readonly ApiTransaction[];
}

/** `GET /tables`. */
export interface ApiTable {
  /** `schema.table`. */
  readonly name: string;
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'nullable'>[];
  /** Names of columns. */
  readonly key: readonly string[];
}

/** Milliseconds after which a request without an answer has failed. */
const requestLimit = 10_000;

const get = async (url: URL, signal: AbortSignal): Promise<unknown> => {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(requestLimit)]) });
  if (response.ok) return response.json();
  await response.body?.cancel();
  const message = `${url.pathname} answered ${response.status}`;
  if (response.status === 410) throw errorFactory(coreErrors)('POSITION_NOT_HELD', message);
  throw new Error(message);
};

/** `after: null` asks for nothing but the head. */
export const getChanges = async (url: string, after: number | null, signal: AbortSignal): Promise<ApiChanges> => {
  const query = after === null ? 'limit=0' : `after=${after}&limit=100`;
  return (await get(new URL(`changes?${query}`, url), signal)) as ApiChanges;
};

export const getTables = async (url: string, signal: AbortSignal): Promise<readonly ApiTable[]> =>
  (await get(new URL('tables', url), signal)) as readonly ApiTable[];
