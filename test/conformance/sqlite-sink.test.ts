import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { qualifiedName } from '@millrace/core';
import { describeSink, type SinkWorld } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { sqliteSink } from '../../examples/sqlite-sink/src/sink.ts';
import { SqliteFile } from '../../examples/sqlite-sink/src/sqlite-file.ts';
import { workRelations } from '../../packages/testkit/src/workload/relations.test-support.ts';

const { signal } = new AbortController();

/** Those with a key whose values SQLite prints as they are sent. */
const relations = workRelations.filter(({ key, table }) => key !== null && table !== 'values');

const world = async (): Promise<SinkWorld> => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-sqlite-'));
  const file = new SqliteFile(join(directory, 'target.sqlite'));
  return {
    connect: () => sqliteSink(file),
    rows: (relation) =>
      file.read((database) => {
        const table = `"${qualifiedName(relation)}"`;
        if (database.exec(`SELECT 1 FROM sqlite_schema WHERE name = '${qualifiedName(relation)}'`).length === 0)
          return [];
        const columns = relation.columns.map(({ name }) => name);
        // Larger integers than numbers can be are read as text.
        const texts = columns.map((name) => `CAST("${name}" AS TEXT)`);
        const [found] = database.exec(`SELECT ${texts.join()} FROM ${table}`);
        return (found?.values ?? []).map((row) =>
          Object.fromEntries(columns.map((name, column) => [name, row[column] as string | null])),
        );
      }),
    relations,
    async stall() {
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      // The next turn is not over before it ends.
      const turn = file.change(signal, () => ended);
      return {
        async [Symbol.asyncDispose]() {
          end();
          await turn;
        },
      };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
};

describe('the SQLite sink of the examples', () => describeSink(world, { describe, it }));

it('replaces no SQLite file that another process has taken', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-sqlite-'));
  const [first, second] = [1, 2].map(() => new SqliteFile(join(directory, 'target.sqlite')));
  const fill = (file: SqliteFile | undefined, value: number) =>
    file?.change(signal, async (database) => {
      database.run('CREATE TABLE IF NOT EXISTS filled (value INTEGER)');
      database.run('INSERT INTO filled VALUES (?)', [value]);
    });
  await fill(first, 1);
  await fill(second, 2);
  await expect(fill(first, 3)).rejects.toMatchObject({ code: 'FENCED' });
  const found = await first?.read((database) => database.exec('SELECT value FROM filled')[0]?.values);
  expect(found).toEqual([[1], [2]]);
  await rm(directory, { recursive: true });
});
