import type { TableProgress } from '@millrace/core';
import { createDatabase, type TestDatabase } from '../../../../../test/harness/index.ts';
import type { AnsweringSource } from '../../testing/answering-source.ts';
import type { Values } from '../../testing/changes.ts';
import { type ApplyPath, createItems, items } from '../testing/apply-paths.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

export const rows = (database: TestDatabase, table = 'items') => database.query(`SELECT * FROM ${table} ORDER BY 1`);

export const catchingUp: TableProgress = { state: 'catching-up', from: '0/1', ranges: [], through: '0/3' };

/** A sink that replays over rows that are there already. */
export const replayingOver = ({ server, alwaysSequentially }: ApplyPath) => {
  const opened = async (database: TestDatabase, source: AnsweringSource | null = null, relations = [items]) => {
    const sink = new SinkUnderTest(
      { connection: database.url, conflict: 'error', missingRow: 'error' },
      { alwaysSequentially },
    );
    await sink.open({ relations, ...(source === null ? {} : { reselect: source.reselect }) });
    await sink.saveTables(Object.fromEntries(relations.map(({ schema, table }) => [`${schema}.${table}`, catchingUp])));
    return sink;
  };
  const withItems = async (...some: readonly Values[]) => {
    const database = await createDatabase(server);
    await database.query(`${createItems}; ALTER TABLE items ADD extra text DEFAULT 'new'`);
    for (const { id, code, note } of some)
      await database.query("INSERT INTO items VALUES ($1, $2, $3, 'kept')", [id, code, note]);
    return database;
  };
  return { opened, withItems };
};
