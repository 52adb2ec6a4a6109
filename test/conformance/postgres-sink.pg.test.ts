import { postgresSink } from '@millrace/sql-sink/postgres';
import { describeSink, type SinkWorld, type TargetRow } from '@millrace/testkit';
import { escapeIdentifier } from 'pg';
import { describe, it } from 'vitest';
import { workRelations } from '../../packages/testkit/src/workload/relations.test-support.ts';
import { createDatabase, sharedPostgres } from '../harness/index.ts';

/** Those whose values the server prints as they are sent. */
const relations = workRelations.filter(({ table }) => table !== 'values' && table !== 'logged');

const target = async (): Promise<SinkWorld> => {
  const database = await createDatabase(sharedPostgres());
  return {
    connect: () => postgresSink({ connection: database.url }),
    async rows(relation) {
      const name = `${escapeIdentifier(relation.schema)}.${escapeIdentifier(relation.table)}`;
      const [table] = await database.query('SELECT to_regclass($1) AS found', [name]);
      if (table?.found === null) return [];
      const columns = relation.columns.map(({ name: column }) => `${escapeIdentifier(column)}::text`).join(', ');
      return database.query<TargetRow>(`SELECT ${columns} FROM ${name}`);
    },
    relations,
    async stall() {
      const blocker = await database.connect();
      await blocker.query('BEGIN; LOCK TABLE testkit.items IN ACCESS EXCLUSIVE MODE');
      return { [Symbol.asyncDispose]: () => blocker.end() };
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};

describeSink(target, { describe, it });
