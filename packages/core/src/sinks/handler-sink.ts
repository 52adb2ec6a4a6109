import type { Sink } from '../contracts/sink.ts';
import type { ValidationItem } from '../contracts/validation.ts';
import { coreError } from '../errors/core-errors.ts';
import type { Change } from '../model/change.ts';
import { qualifiedName } from '../model/relation.ts';
import { spelled } from '../pipeline/transformation.ts';
import { nullSink } from './null-sink.ts';

export type Handler = (changes: readonly Change[], context: { readonly signal: AbortSignal }) => unknown;

/**
 * The sink behind `on`: one call per table and group, at least once. A group is done when every handler's promise
 * resolved; one that throws fails the group, which is delivered again and never skipped.
 *
 * `handlers` are read at every write, by qualified table name; `spelling` gives the names users know.
 */
export const handlerSink = (handlers: ReadonlyMap<string, Handler>, spelling: ReadonlyMap<string, string>): Sink => ({
  ...nullSink({ name: 'handlers' }),
  async validate({ relations }) {
    const captured = new Set(relations.map(qualifiedName));
    const unknown = [...handlers.keys()].filter((table) => relations.length > 0 && !captured.has(table));
    return { items: unknown.map(notCaptured) };
  },
  async write(batch, signal) {
    const byTable = new Map<string, Change[]>();
    for (const change of batch.changes) {
      const changes = byTable.get(change.table) ?? [];
      if (changes.push(spelled(change, spelling)) === 1) byTable.set(change.table, changes);
    }
    const results = await Promise.allSettled(
      [...byTable].map(async ([table, changes]) => {
        try {
          await handlers.get(table)?.(changes, { signal });
        } catch (cause) {
          throw coreError('HANDLER_FAILED', `The handler of ${table} failed`, { details: { table }, cause });
        }
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  },
});

const notCaptured = (table: string): ValidationItem => ({
  code: 'HANDLER_NOT_CAPTURED',
  state: 'failed',
  level: 'error',
  path: `on.${table}`,
  message: `There is a handler for ${table}, which the stream does not capture.`,
  fix: `Add '${table}' to tables, or remove its handler.`,
});
