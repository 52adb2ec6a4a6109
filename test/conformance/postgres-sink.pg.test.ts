import { qualifiedName } from '@millrace/core';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { describeSink, type SinkWorld, type TargetRow } from '@millrace/testkit';
import { describe, it } from 'vitest';
import { createDatabase, sharedPostgres } from '../harness/index.ts';

const target = async (): Promise<SinkWorld> => {
  const database = await createDatabase(sharedPostgres());
  return {
    connect: () => postgresSink({ connection: database.url }),
    async rows(relation) {
      const [table] = await database.query('SELECT to_regclass($1) AS found', [qualifiedName(relation)]);
      if (table?.found === null) return [];
      const columns = relation.columns.map(({ name }) => `${name}::text`).join(', ');
      return database.query<TargetRow>(`SELECT ${columns} FROM ${qualifiedName(relation)}`);
    },
    async stall() {
      const blocker = await database.connect();
      await blocker.query('BEGIN; LOCK TABLE testkit.items IN ACCESS EXCLUSIVE MODE');
      return { [Symbol.asyncDispose]: () => blocker.end() };
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};

describeSink(target, { describe, it });
