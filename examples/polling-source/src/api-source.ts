import { setTimeout } from 'node:timers/promises';
import {
  type Change,
  type ChangeBatch,
  capturedOperations,
  changeBatch,
  createChange,
  decodedRow,
  MillraceError,
  qualifiedName,
  type Relation,
  type Source,
  type SourceContext,
  type ValidationItem,
} from '@millrace/core';
import {
  type ApiChange,
  type ApiChanges,
  type ApiTable,
  type ApiTransaction,
  getChanges,
  getTables,
} from './change-api.ts';

export interface ApiSourceOptions {
  readonly url: string;
  /** Milliseconds between two requests when there is nothing new. Default: 500. */
  readonly interval?: number;
}

/** Asks an API for what comes after a cursor, which is the position. Rows that were there before are not copied. */
export const apiSource = (options: ApiSourceOptions): Source => new ApiSource(options);

interface Connection {
  readonly context: SourceContext;
  readonly log: string;
  readonly relations: ReadonlyMap<string, Relation>;
}

class ApiSource implements Source {
  readonly name = 'api';
  readonly capabilities = { copy: 'none', formats: [] } as const;
  readonly #url: string;
  readonly #interval: number;
  #connection: Connection | null = null;
  #closing = new AbortController();

  constructor({ url, interval = 500 }: ApiSourceOptions) {
    this.#url = url;
    this.#interval = interval;
  }

  async validate(context: SourceContext) {
    const item = { code: 'API_ANSWERS', level: 'error', path: 'source.url', fix: null } as const;
    const items: ValidationItem[] = [];
    try {
      const tables = await this.describe(context);
      items.push({ ...item, state: 'passed', message: `The API has ${tables.length} of the tables` });
    } catch {
      context.signal.throwIfAborted();
      items.push({ ...item, state: 'failed', message: `${this.#url} does not say which tables it has` });
    }
    return { items };
  }

  async describe({ tables, signal }: SourceContext): Promise<readonly Relation[]> {
    const relations = (await getTables(this.#url, signal)).map(relationOf);
    return relations.filter((relation) => capturedOperations(tables, qualifiedName(relation)) !== null);
  }

  async open(context: SourceContext) {
    await this.close();
    this.#closing = new AbortController();
    const signal = AbortSignal.any([context.signal, this.#closing.signal]);
    const relations = await this.describe({ ...context, signal });
    const { log } = await getChanges(this.#url, null, signal);
    signal.throwIfAborted();
    this.#connection = { context, log, relations: new Map(relations.map((one) => [qualifiedName(one), one])) };
    return { kind: 'api', id: log };
  }

  /** The API keeps its log for everybody: nothing is made, and so nothing is claimed or released. */
  async begin({ signal }: { readonly signal: AbortSignal }) {
    return String((await this.#changes(null, signal)).head);
  }

  async changes(after: string, signal: AbortSignal) {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    // Its answer proves that the log reaches back to here.
    const first = await this.#changes(Number(after), either);
    return this.#poll(Number(after), first, either);
  }

  async *#poll(after: number, first: ApiChanges, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    let cursor = after;
    for (let { transactions } = first; ; { transactions } = await this.#changes(cursor, signal)) {
      if (transactions.length === 0) await setTimeout(this.#interval, undefined, { signal });
      for (const transaction of transactions) {
        signal.throwIfAborted();
        yield changeBatch(this.#changesOf(transaction, cursor), { position: String(transaction.cursor) });
        cursor = transaction.cursor;
      }
    }
  }

  /** `start`: the cursor that it came after. */
  #changesOf({ cursor, committedAt, changes }: ApiTransaction, start: number): readonly Change[] {
    const { context, relations } = this.#open;
    const transaction = { id: String(cursor), commitTime: committedAt, position: String(start) };
    return changes.flatMap((change, sequence) => {
      const { op, table } = change;
      const relation = relations.get(table);
      if (relation === undefined || capturedOperations(context.tables, table)?.has(op) !== true) return [];
      return [createChange({ op, table, relation, transaction, sequence, ...imagesOf(change, relation) })];
    });
  }

  async #changes(after: number | null, signal: AbortSignal): Promise<ApiChanges> {
    const { log } = this.#open;
    const found = await getChanges(this.#url, after, AbortSignal.any([signal, this.#closing.signal]));
    const message = 'The log of the API has begun anew';
    // A cursor of the former log would be another place in this one.
    if (found.log !== log) throw new MillraceError({ code: 'LOG_REPLACED', recovery: 'retry', message });
    return found;
  }

  get #open(): Connection {
    if (this.#connection === null) throw new Error('The source is closed');
    return this.#connection;
  }

  async head() {
    const { head, time } = await this.#changes(null, this.#closing.signal);
    return { position: String(head), time };
  }

  compare(a: string, b: string) {
    return Math.sign(Number(a) - Number(b)) as -1 | 0 | 1;
  }

  async close() {
    this.#closing.abort(new Error('The source is closed'));
    this.#connection = null;
  }
}

const relationOf = ({ name, columns, key }: ApiTable): Relation => {
  const [schema = '', table = ''] = name.split('.');
  return {
    schema,
    table,
    version: 1,
    columns: columns.map((column) => ({ ...column, native: column.type, generated: false })),
    key: key.map((one) => columns.findIndex((column) => column.name === one)),
    identity: 'key',
  };
};

/** An update says the key before only where it has changed; a column that it does not say is unchanged. */
const imagesOf = (change: ApiChange, relation: Relation) => {
  const rowOf = (values: Readonly<Record<string, unknown>>) => decodedRow(relation, values);
  switch (change.op) {
    case 'insert':
      return { before: null, after: rowOf(change.row) };
    case 'update': {
      const after = { ...change.key, ...change.row };
      const isMoved = Object.entries(change.key).some(([name, value]) => after[name] !== value);
      return { before: isMoved ? rowOf(change.key) : null, after: rowOf(after) };
    }
    case 'delete':
      return { before: rowOf(change.key), after: null };
    case 'truncate':
      return { before: null, after: null };
  }
};
