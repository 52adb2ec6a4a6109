import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { type DdlScript, ddlCorpus } from './ddl-corpus.test-support.ts';
import { randomNumbers, randomStatement } from './random-ddl.test-support.ts';
import { readSchema } from './read-definitions.ts';
import { readSchemaSettings } from './read-schema-settings.ts';
import { comparable, sessionOf } from './schema-beside-server.test-support.ts';
import { SchemaModel } from './schema-model.ts';

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
      settings: await readSchemaSettings(session),
      followed: [database.name, second.name, third],
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
      try {
        await session.query(sql);
      } catch {
        continue;
      }
      executed.push(sql);
      try {
        model = model.apply({ sql, schema: database.name, ...modes('') }).model;
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
