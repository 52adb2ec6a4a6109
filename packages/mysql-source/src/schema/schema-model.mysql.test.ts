import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { ddlCorpus } from './ddl-corpus.test-support.ts';
import type { DdlScript } from './ddl-script.test-support.ts';
import { randomNumbers, randomStatement } from './random-ddl.test-support.ts';
import { readSchema } from './read-definitions.ts';
import { readSchemaSettings } from './read-schema-settings.ts';
import { comparable, loggedWhile, sessionOf } from './schema-beside-server.test-support.ts';
import { SchemaModel } from './schema-model.ts';

describe.each(mysqlNames())('the schema model beside %s', (name) => {
  const server = sharedMysql(name);
  const scripts = ddlCorpus.filter(({ on }) => on === undefined || on === server.kind);

  it.each(scripts)('$title', async ({ statements, sqlMode }: DdlScript) => {
    await using database = await createMysqlDatabase(server);
    await using second = await createMysqlDatabase(server);
    const third = `${database.name}_2`;
    const connection = await database.connect();
    const session = sessionOf(connection);
    const reader = sessionOf(await database.connect());
    if (sqlMode !== undefined) await session.query('SET SESSION sql_mode = ?', [sqlMode]);
    const followed = [database.name, second.name, third];
    const scope = { settings: await readSchemaSettings(reader), followed, captured: () => true };
    let model = new SchemaModel(await readSchema(reader, scope), scope);
    for (const written of statements) {
      const sql = written
        .replaceAll(/\bother2\b/g, third)
        .replaceAll(/\bother\./g, `${second.name}.`)
        .replaceAll(/DATABASE other\b/g, `DATABASE ${second.name}`);
      const commit = sql.endsWith('START TRANSACTION');
      const execute = async () => {
        await session.query(sql);
        if (commit) await session.query('COMMIT');
      };
      const logged = await loggedWhile(server, followed, execute).catch((error) => {
        throw new Error(`the server: ${(error as Error).message}: ${sql}`);
      });
      try {
        for (const statement of logged) ({ model } = model.apply(statement));
      } catch (error) {
        throw new Error(`the model: ${(error as Error).message}: ${logged.map((statement) => statement.sql)}`);
      }
      expect(comparable(model.state), sql).toEqual(comparable(await readSchema(reader, scope)));
    }
  });

  const seeds = (process.env.DDL_SEEDS ?? '1').split(',').map(Number);
  it.each(seeds)('random statements, seed %i', async (seed) => {
    await using database = await createMysqlDatabase(server);
    const session = sessionOf(await database.connect());
    const scope = { settings: await readSchemaSettings(session), followed: [database.name], captured: () => true };
    const random = randomNumbers(seed);
    let model = new SchemaModel(await readSchema(session, scope), scope);
    const executed: string[] = [];
    for (let tried = 0; tried < 200; tried++) {
      const sql = randomStatement(random, model.definitions(), server.kind);
      const logged = await loggedWhile(server, [database.name], () => session.query(sql)).catch(() => null);
      if (logged === null) continue;
      executed.push(sql);
      try {
        for (const statement of logged) ({ model } = model.apply(statement));
      } catch (error) {
        if (!/several character sets|changed twice/.test(`${error}`))
          throw new Error(`${(error as Error).message}: ${executed.slice(-8).join(';\n')}`);
        model = new SchemaModel(await readSchema(session, scope), scope);
      }
      expect(comparable(model.state), executed.slice(-8).join(';\n')).toEqual(
        comparable(await readSchema(session, scope)),
      );
    }
    expect(executed.length).toBeGreaterThan(25);
  });
});
