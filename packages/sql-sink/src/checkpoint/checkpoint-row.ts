import type { Checkpoint } from '@millrace/core';
import { sqlSinkError } from '../error-table.ts';

/** What every checkpoint table has in a row, every value as text. */
export interface StoredRow {
  readonly epoch: string;
  readonly owner: string | null;
  readonly source_identity: string | null;
  readonly claimed: string;
  readonly position: string | null;
  readonly partial: string | null;
  readonly tables: string;
  readonly saved_at: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isIdentity = (value: unknown): value is NonNullable<Checkpoint['source']> =>
  isRecord(value) && typeof value.kind === 'string' && typeof value.id === 'string';

const isPartial = (value: unknown): value is NonNullable<Checkpoint['partial']> =>
  isRecord(value) && typeof value.transaction === 'string' && typeof value.sequence === 'number';

const isTables = (value: unknown): value is Checkpoint['tables'] =>
  isRecord(value) && Object.values(value).every((table) => isRecord(table) && typeof table.state === 'string');

/** The checkpoint that a row holds. Throws `CHECKPOINT_CORRUPT` for what this package never writes. */
export const checkpointOf = (streamId: string, sink: string, row: StoredRow): Checkpoint => {
  const corrupt = (column: string) =>
    sqlSinkError('CHECKPOINT_CORRUPT', `The checkpoint of stream "${streamId}" has a wrong value in ${column}`, {
      hint: 'Restore the row from a backup, or delete it and start the stream anew.',
      details: { stream: streamId, sink, column },
    });
  const parsed = <T>(
    column: 'source_identity' | 'partial' | 'tables',
    is: (value: unknown) => value is T,
  ): T | null => {
    const text = row[column];
    if (text === null) return null;
    const value: unknown = JSON.parse(text);
    if (!is(value)) throw corrupt(column);
    return value;
  };
  const epoch = Number(row.epoch);
  if (!Number.isSafeInteger(epoch)) throw corrupt('epoch');
  return {
    version: 1,
    streamId,
    sink,
    epoch,
    source: parsed('source_identity', isIdentity),
    claimed: row.claimed === 't' || row.claimed === '1',
    position: row.position,
    partial: parsed('partial', isPartial),
    tables: parsed('tables', isTables) ?? {},
    savedAt: Number(row.saved_at),
  };
};
