import type { ConnectorEvent } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { countDeadLetters, insertDeadLetter } from './dead-letter-sql.ts';
import type { RejectedRow } from './rejected-row.ts';
import type { RejectedRowsSettings } from './rejected-rows-options.ts';

/** What becomes of the rows that the target refuses, over all connections of a sink. */
export class RejectedRows {
  readonly #settings: RejectedRowsSettings;
  #skipped = 0;

  constructor(settings: RejectedRowsSettings) {
    this.#settings = settings;
  }

  /** The stream goes on without them. */
  get areLeftOut(): boolean {
    return this.#settings.policy !== 'stop';
  }

  /** Throws `TOO_MANY_REJECTED_ROWS` for more than there may be. */
  check(rows: number): void {
    const { maxRows } = this.#settings;
    if (rows <= maxRows) return;
    throw sqlSinkError('TOO_MANY_REJECTED_ROWS', `The target has refused more than ${maxRows} rows`, {
      hint: 'See to the rows in the table dead_letter and delete them, or raise rejectedRows.maxRows.',
      details: { maxRows },
    });
  }

  /** Keeps them, inside the transaction that goes on without them. Rejects `TOO_MANY_REJECTED_ROWS`. */
  async save(
    session: PostgresSession,
    { schema, stream, sink }: Claim,
    rows: readonly RejectedRow[],
    signal: AbortSignal,
  ): Promise<void> {
    if (rows.length === 0) return;
    if (this.#settings.policy === 'skip') return this.check(this.#skipped + rows.length);
    const options = { signal, doing: 'keep the rows that the target refuses' };
    for (const { table, operation, position, sequence, row, oldRow, code, column, constraint } of rows) {
      const values = [stream, sink, table, operation, position, sequence, row, oldRow, code, column, constraint];
      await session.query(insertDeadLetter(schema), values, options);
    }
    const { rows: counted } = await session.query<{ rows: string }>(countDeadLetters(schema), [stream, sink], options);
    this.check(Number(counted[0]?.rows ?? 0));
  }

  /** The transaction has been committed: one event for each table, column and error. */
  committed(rows: readonly RejectedRow[], report: (event: ConnectorEvent) => void): void {
    const isKept = this.#settings.policy === 'dead-letter';
    if (!isKept) this.#skipped += rows.length;
    const alike = new Map<string, { readonly first: RejectedRow; count: number }>();
    for (const row of rows) {
      const kind = JSON.stringify([row.table, row.code, row.column, row.constraint]);
      const known = alike.get(kind);
      if (known === undefined) alike.set(kind, { first: row, count: 1 });
      else known.count++;
    }
    for (const { first, count } of alike.values()) {
      const { table, code, column, constraint } = first;
      report({
        type: 'warning',
        code: isKept ? 'ROWS_DEAD_LETTERED' : 'ROWS_SKIPPED',
        message: `The target refused ${count} row${count === 1 ? '' : 's'} of ${table} (${code}${column === null ? '' : `, column "${column}"`})`,
        details: { table, count, error: code, column, constraint },
      });
    }
  }
}
