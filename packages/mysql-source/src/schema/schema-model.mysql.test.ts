import type { Connection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { type DdlScript, ddlCorpus } from './ddl-corpus.test-support.ts';
import { isUnknown, type SchemaState } from './model/schema-state.ts';
import { definitionOf } from './model/table-model.ts';
import { readSchema } from './read-definitions.ts';
import { readServerFacts } from './read-server-facts.ts';
import { SchemaModel } from './schema-model.ts';
import type { SchemaSession } from './schema-session.ts';

const sessionOf = (connection: Connection): SchemaSession => ({
  query: async (sql, values) => {
    const [rows] = await connection.query(sql, [...(values ?? [])]);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  },
});

/** What is compared: definitions, and what later statements depend on, in an order of its own. */
const comparable = ({ databases }: SchemaState) =>
  Object.fromEntries(
    [...databases.values()].flatMap((database) =>
      [...database.tables.values()].map((table) => [
        `${table.schema}.${table.table}`,
        isUnknown(table)
          ? table
          : {
              ...definitionOf(table),
              collation: table.collation,
              keys: table.keys
                .map(({ name, kind, parts }) =>
                  JSON.stringify(kind === 'other' ? [name, parts.map(({ column }) => column)] : [name, kind, parts]),
                )
                .sort(),
            },
      ]),
    ),
  );

const modes = (names: string) => ({
  sqlMode: (names.includes('REAL_AS_FLOAT') ? 1n : 0n) | (names.includes('NO_BACKSLASH_ESCAPES') ? 1n << 20n : 0n),
  ansiQuotes: names.includes('ANSI_QUOTES'),
});

describe.each(mysqlNames())('the schema model beside %s', (name) => {
  const server = sharedMysql(name);
  const scripts = ddlCorpus.filter(({ on }) => on === undefined || on === server.kind);

  it.each(scripts)('$title', async ({ statements, sqlMode }: DdlScript) => {
    await using database = await createMysqlDatabase(server);
    await using second = await createMysqlDatabase(server);
    const third = `${database.name}_2`;
    const connection = await database.connect();
    const session = sessionOf(connection);
    if (sqlMode !== undefined) await session.query('SET SESSION sql_mode = ?', [sqlMode]);
    const scope = {
      facts: await readServerFacts(session),
      databases: [database.name, second.name, third],
      captured: () => true,
    };
    let model = new SchemaModel(await readSchema(session, scope), scope);
    for (const written of statements) {
      const sql = written
        .replaceAll(/\bother2\b/g, third)
        .replaceAll(/\bother\./g, `${second.name}.`)
        .replaceAll(/DATABASE other\b/g, `DATABASE ${second.name}`);
      try {
        await session.query(sql);
        if (sql.endsWith('START TRANSACTION')) await session.query('COMMIT');
      } catch (error) {
        throw new Error(`the server: ${(error as Error).message}: ${sql}`);
      }
      try {
        model = model.apply({ sql, schema: database.name, ...modes(sqlMode ?? '') }).model;
      } catch (error) {
        throw new Error(`the model: ${(error as Error).message}: ${sql}`);
      }
      expect(comparable(model.state), sql).toEqual(comparable(await readSchema(session, scope)));
    }
  });
});
