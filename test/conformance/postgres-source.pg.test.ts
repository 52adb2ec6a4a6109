import { postgresSource } from '@millrace/postgres-source';
import { describeSource, type OriginChange, type SourceWorld } from '@millrace/testkit';
import { postgresStatements, postgresTables } from '@millrace/testkit/workload';
import { describe, it } from 'vitest';
import { twoKeys, workRelations } from '../../packages/testkit/src/workload/relations.test-support.ts';
import { createDatabase, sharedPostgres, type TestDatabase, uniqueName } from '../harness/index.ts';

const runChange = async (database: TestDatabase, change: OriginChange): Promise<void> => {
  switch (change.op) {
    case 'insert': {
      const { id, note = null, count = null } = change.row;
      await database.query('INSERT INTO items (id, note, count) VALUES ($1, $2, $3)', [id, note, count]);
      return;
    }
    case 'update': {
      const values = Object.entries(change.row);
      const set = values.map(([name], n) => `${name} = $${n + 2}`).join(', ');
      await database.query(`UPDATE items SET ${set} WHERE id = $1`, [change.id, ...values.map(([, value]) => value)]);
      return;
    }
    case 'delete':
      await database.query('DELETE FROM items WHERE id = $1', [change.id]);
      return;
    case 'truncate':
      await database.query('TRUNCATE items');
  }
};

/** Many inserts are one statement: the suites write transactions of thousands of rows. */
const runInserts = (database: TestDatabase, changes: readonly OriginChange[]) => {
  const rows = changes.flatMap((change) => (change.op === 'insert' ? [change.row] : []));
  return database.query('INSERT INTO items SELECT * FROM jsonb_to_recordset($1) AS t(id int, note text, count int)', [
    JSON.stringify(rows),
  ]);
};

/** Those that log their rows. */
const relations = [...workRelations.filter(({ identity }) => identity !== 'none'), twoKeys];

const origin = async (): Promise<SourceWorld> => {
  const database = await createDatabase(sharedPostgres());
  await database.query('CREATE TABLE items (id int PRIMARY KEY, note text, count int)');
  await database.query('ALTER TABLE items ALTER note SET STORAGE EXTERNAL');
  await database.query(`CREATE SCHEMA work; ${postgresTables(relations).join('; ')}`);
  const slot = uniqueName('s');
  return {
    connect: () => postgresSource({ connection: database.url, slot, publication: slot, batch: { maxChanges: 500 } }),
    table: { name: 'public.items', columns: { id: 'id', note: 'note', count: 'count' } },
    async write(changes) {
      await database.query('BEGIN');
      if (changes.every(({ op }) => op === 'insert')) await runInserts(database, changes);
      else for (const change of changes) await runChange(database, change);
      await database.query('COMMIT');
    },
    workload: {
      relations,
      write: async (transaction) => {
        await database.query(postgresStatements(transaction).join('; '));
      },
    },
    async cut() {
      await database.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1', [
        slot,
      ]);
    },
    async shortenTimeout() {
      await database.query(`ALTER DATABASE "${database.name}" SET wal_sender_timeout = '3s'`);
      return 3_000;
    },
    async addColumn(name) {
      await database.query(`ALTER TABLE items ADD COLUMN ${name} text`);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};

describeSource(origin, { describe, it });
