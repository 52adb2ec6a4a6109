import { type Chunk, qualifiedName, type RangeProgress } from '@millrace/core';
import { errnoOf, mysqlErrorOf, quoteIdentifier, type ScriptSession } from '@millrace/mysql-client';
import { readHead } from '../continuity/head.ts';
import type { ServerFacts } from '../continuity/server-facts.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import { lacksInDatabase } from '../validation/validate-locks.ts';
import { CopiedRows } from './copied-rows.ts';
import { type CopiedTable, versionOf, versionStatements } from './copied-table.ts';
import { outdated } from './copy-errors.ts';
import { chunkOf } from './copy-range.ts';
import type { CopySessions } from './copy-sessions.ts';
import { selectedColumns } from './read-rows.ts';
import { RowFlow } from './row-flow.ts';

export interface ExactCopy {
  readonly copied: CopiedTable;
  readonly sessions: CopySessions;
  readonly server: ServerFacts;
  /** About how much one chunk holds, in bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const withoutLock = (error: unknown, { schema, table }: TableDefinition): Error =>
  mysqlErrorOf('PERMISSION_DENIED', `Could not lock ${schema}.${table} for a moment: ${messageOf(error)}`, {
    hint: `GRANT LOCK TABLES ON ${quoteIdentifier(schema)}.* TO …; or give the table a primary key`,
    details: { table: `${schema}.${table}` },
    cause: error,
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Begins to read a table while nobody can write to it, and says which position of the log that was: what the table has got
 * lies before it and is visible, what it gets lies behind. The lock is held until the first row comes: by then the
 * statement has its snapshot, or a lock of its own.
 */
const begin = async ({ copied, sessions, server, signal }: ExactCopy, reader: ScriptSession, flow: RowFlow) => {
  const { definition, from, version } = copied;
  const doing = `copy ${qualifiedName(definition)}`;
  return sessions.use(async (locker) => {
    const statements = [`LOCK TABLES ${from} READ`, ...versionStatements(definition)];
    const { rows } = await locker.run({ statements }, signal, doing).catch((error: unknown) => {
      throw errnoOf(error) === lacksInDatabase ? withoutLock(error, definition) : error;
    });
    if (versionOf(rows.slice(1)) !== version) throw outdated(definition);
    const { gtids, place } = await readHead(locker, server);
    const script = {
      statements: [`SELECT ${selectedColumns(copied)} FROM ${from}`],
      passed: 0,
      take: (bytes: Buffer, start: number, end: number) => flow.add(bytes, start, end),
    };
    flow.follow(reader.run(script, signal, doing));
    await flow.begun();
    await locker.run({ statements: ['UNLOCK TABLES'] }, signal, doing);
    return BinlogPosition.of(gtids, place).toString();
  }, signal);
};

/** Copies a table as it is at one position, by one statement, in chunks of about as many bytes as asked for. */
export async function* copyExactly(copy: ExactCopy): AsyncGenerator<Chunk, void, undefined> {
  const { copied, sessions, maxBytes, signal } = copy;
  const table = qualifiedName(copied.definition);
  const reader = await sessions.take(signal);
  const flow = new RowFlow(reader, () => new CopiedRows(copied.format), maxBytes);
  let isWhole = false;
  try {
    const through = await begin(copy, reader, flow);
    for (let rows = 0; !isWhole; ) {
      const { rows: chunk, isLast } = await flow.next();
      rows += chunk.length;
      isWhole = isLast;
      const progress: RangeProgress = { table, range: { from: null, to: null }, cursor: null, done: isLast, rows };
      yield chunkOf(chunk, copied, progress, through);
    }
  } finally {
    // In the middle of its rows nothing else can be asked.
    if (isWhole) sessions.giveBack(reader);
    else sessions.discard(reader);
  }
}
