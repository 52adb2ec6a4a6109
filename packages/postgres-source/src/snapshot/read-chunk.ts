import { quoteIdentifier, quoteLiteral, quoteQualified, sqlstateOf } from '@millrace/postgres-client';
import type { LogLayout } from '../catalog/server-facts.ts';
import { formatLsn, parseLsn } from '../lsn.ts';
import { sourceError } from '../postgres-source-errors.ts';
import type { CopyForm } from './copied-rows.ts';
import type { CopiedTable } from './copied-table.ts';
import { CopyContent } from './copy-content.ts';
import { type Place, tidOf } from './copy-cursor.ts';
import type { CopySession } from './copy-session.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Heap } from './heaps.ts';
import { endOfLastRecord, logEndPosition } from './log-end.ts';

export interface ChunkRequest {
  readonly copied: CopiedTable;
  readonly heap: Heap;
  /** Of the published rows, only those for which it holds; `null`: all. */
  readonly where: string | null;
  readonly form: CopyForm;
  readonly from: Place;
  readonly to: Place;
  /** Bytes above which reading stops; `null`: never. */
  readonly limit: number | null;
  readonly log: LogLayout;
}

export interface ReadChunk {
  readonly pieces: readonly Buffer[];
  readonly rows: number;
  readonly bytes: number;
  readonly through: string;
}

const copyStatement = ({ copied, heap, where, form, from, to }: ChunkRequest): string => {
  const columns = copied.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const table = quoteQualified(heap.schema, heap.table);
  const places = `ctid >= '${tidOf(from)}' AND ctid < '${tidOf(to)}'`;
  // With OFFSET the rows are found by their places first, and by no index that fits the filter.
  const conditions = [copied.filter, where].flatMap((one) => (one === null ? [] : [`(${one}\n)`]));
  const rows =
    conditions.length === 0
      ? `SELECT ${columns} FROM ONLY ${table} WHERE ${places}`
      : `SELECT ${columns} FROM (SELECT * FROM ONLY ${table} WHERE ${places} OFFSET 0) t WHERE ${conditions.join(' AND ')}`;
  return `COPY (${rows}) TO STDOUT${form === 'binary' ? ' (FORMAT binary)' : ''}`;
};

/** COPY holds a lock on the table until the end of the message, so that what is found here was true for it, too. */
const checkStatement = ({ schema, table }: Heap): string =>
  `SELECT ${logEndPosition}, h.oid, pg_catalog.pg_relation_filenode(h.oid), ${fingerprintOf('h.oid')}
  FROM (SELECT pg_catalog.to_regclass(${quoteLiteral(quoteQualified(schema, table))})::pg_catalog.oid AS oid) h`;

export const outdated = ({ schema, table }: Pick<Heap, 'schema' | 'table'>): Error =>
  sourceError('COPY_OUTDATED', `${schema}.${table} is not what it was when its copy began`, {
    details: { table: `${schema}.${table}` },
  });

/** `undefined_table`, `undefined_column`, `invalid_schema_name`, `wrong_object_type`. */
const shapeErrors = new Set(['42P01', '42703', '3F000', '42809']);

export const isShapeError = (error: unknown): boolean => shapeErrors.has(sqlstateOf(error) ?? '');

/**
 * The rows between two places and then the end of the log, in one round trip; `null` when they exceed the limit, and
 * then the session is gone. Rejects `COPY_OUTDATED` for a heap of another version.
 */
export const readChunk = async (
  session: CopySession,
  request: ChunkRequest,
  signal: AbortSignal,
): Promise<ReadChunk | null> => {
  const { heap, limit, log } = request;
  const content = new CopyContent();
  let exceeded = false;
  const take = (bytes: Buffer, start: number, end: number): void => {
    if (exceeded) return;
    content.add(bytes, start, end);
    if (limit === null || content.bytes <= limit) return;
    exceeded = true;
    session.destroy();
  };
  try {
    const text = `${copyStatement(request)}; ${checkStatement(heap)}`;
    const [copied, checked] = await session.run(text, take, signal, `copy ${heap.schema}.${heap.table}`);
    if (exceeded) return null;
    const [position, oid, filenode, fingerprint] = checked?.row ?? [];
    if (Number(oid) !== heap.oid || Number(filenode ?? 0) !== heap.filenode || fingerprint !== heap.fingerprint)
      throw outdated(heap);
    return {
      pieces: content.finish(),
      rows: copied?.rowCount ?? 0,
      bytes: content.bytes,
      through: formatLsn(endOfLastRecord(parseLsn(position ?? ''), log)),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (exceeded) return null;
    // A condition may be wrong by itself, and would be again.
    throw isShapeError(error) && request.where === null ? outdated(heap) : error;
  }
};
