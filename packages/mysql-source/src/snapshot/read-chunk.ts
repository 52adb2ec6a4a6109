import { locateValues, type ScriptSession, type TakeRow } from '@millrace/mysql-client';
import { CopiedRows } from './copied-rows.ts';
import { type CopiedTable, isShapeError, versionOf, versionStatements } from './copied-table.ts';
import { outdated } from './copy-errors.ts';
import { rowsBefore, rowsBehind } from './key-condition.ts';
import type { KeyCursor } from './key-cursor.ts';

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

export interface ReadChunk {
  readonly rows: CopiedRows;
  /** Behind its last row; `null`: there is none. */
  readonly end: KeyCursor['place'] | null;
  /** Nothing is left. */
  readonly isLast: boolean;
  /** There were too many bytes: the session is gone. */
  readonly isCut: boolean;
}

/** What is selected: the columns, and those of the key once more whose values do not say their order. */
export const selectedColumns = ({ format, key }: CopiedTable): string =>
  [...format.columns.map(({ expression }) => expression), ...key.flatMap(({ ordered }) => ordered ?? [])].join(', ');

/** The statement for the rows of a chunk, in the order of the key. */
const chunkStatement = ({ copied, where, from, to, limit }: ChunkRequest): string => {
  const { key } = copied;
  const conditions = [rowsBehind(key, from), rowsBefore(key, to), where]
    .flatMap((one) => (one === null ? [] : [`(${one}\n)`]))
    .join(' AND ');
  const index = copied.isClustered ? ' FORCE INDEX (PRIMARY)' : '';
  const order = key.map(({ quoted }) => quoted).join(', ');
  return `SELECT ${selectedColumns(copied)} FROM ${copied.from}${index}${conditions === '' ? '' : ` WHERE ${conditions}`}
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
  const { copied, limit, maxBytes } = request;
  const { definition, format, version } = copied;
  const rows = new CopiedRows(format);
  const before = ['START TRANSACTION READ ONLY', ...versionStatements(definition)];
  const take: TakeRow = (bytes, start, end) => {
    rows.add(bytes, start, end);
    return rows.bytes <= maxBytes;
  };
  const script = { statements: [...before, chunkStatement(request), 'COMMIT'], passed: before.length, take };
  const answer = await session
    .run(script, signal, `read ${definition.schema}.${definition.table}`)
    .catch((error: unknown) => {
      // A condition may be wrong by itself, and would be again.
      throw isShapeError(error) && request.where === null ? outdated(definition) : error;
    });
  if (versionOf(answer.rows.slice(1)) !== version) throw outdated(definition);
  const { length } = rows;
  return {
    rows,
    end: length === 0 ? null : placeAfter(copied, rows.from(length - 1)),
    isLast: !answer.isCut && length < limit,
    isCut: answer.isCut,
  };
};
