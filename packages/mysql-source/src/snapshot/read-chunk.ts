import { locateValues, type ScriptSession } from '@millrace/mysql-client';
import { type CopiedTable, isShapeError } from './copied-table.ts';
import { outdated } from './copy-errors.ts';
import { rowsBefore, rowsBehind } from './key-condition.ts';
import type { KeyCursor } from './key-cursor.ts';
import { type ReadRows, readRows } from './read-rows.ts';

export interface ChunkRequest {
  readonly copied: CopiedTable;
  /** Of the rows, only those for which it holds; `null`: all. */
  readonly where: string | null;
  readonly from: KeyCursor['place'];
  /** Where the next range begins; `null`: there is none. */
  readonly to: KeyCursor['place'] | null;
  /** How many rows at most. */
  readonly limit: number;
  /** Bytes above which reading stops. */
  readonly maxBytes: number;
}

export interface ReadChunk extends ReadRows {
  /** Behind its last row; `null`: there is none. */
  readonly end: KeyCursor['place'] | null;
  /** Nothing is left. */
  readonly isLast: boolean;
}

/** What the statement for the rows of a chunk says of them, in the order of the key. */
const statementRest = ({ copied, where, from, to, limit }: ChunkRequest): string => {
  const { key } = copied;
  const conditions = [rowsBehind(key, from), rowsBefore(key, to), where]
    .flatMap((one) => (one === null ? [] : [`(${one}\n)`]))
    .join(' AND ');
  const index = copied.isClustered ? ' FORCE INDEX (PRIMARY)' : '';
  const order = key.map(({ quoted }) => quoted).join(', ');
  return `${index}${conditions === '' ? '' : ` WHERE ${conditions}`}
ORDER BY ${order} LIMIT ${limit}`;
};

const placeAfter = ({ definition, key, format }: CopiedTable, row: Buffer): KeyCursor['place'] => {
  const count = format.columns.length;
  const [starts, ends]: [number[], number[]] = [[], []];
  locateValues(row, 0, row.length, count + key.filter(({ ordered }) => ordered !== null).length, starts, ends);
  let more = count;
  const values = key.map(({ name, ordered, kept }) => {
    const column = ordered === null ? definition.columns.findIndex((one) => one.name === name) : more++;
    return kept(row.subarray(starts[column], ends[column]));
  });
  return { kind: 'after', values };
};

/**
 * The next rows of a range, by one statement with a snapshot of its own, in a transaction that keeps the table as it is
 * meanwhile. Rejects `COPY_OUTDATED` for a table of another version.
 */
export const readChunk = async (
  session: ScriptSession,
  request: ChunkRequest,
  signal: AbortSignal,
): Promise<ReadChunk> => {
  const { copied, where, limit, maxBytes } = request;
  const { definition } = copied;
  const doing = `read ${definition.schema}.${definition.table}`;
  const read = await readRows(session, { copied, rest: statementRest(request), maxBytes, doing }, signal).catch(
    (error) => {
      // A condition may be wrong by itself, and would be again.
      throw isShapeError(error) && where === null ? outdated(definition) : error;
    },
  );
  if (read === null) throw outdated(definition);
  const { rows, isCut } = read;
  const { length } = rows;
  return {
    rows,
    end: length === 0 ? null : placeAfter(copied, rows.from(length - 1)),
    isLast: !isCut && length < limit,
    isCut,
  };
};
