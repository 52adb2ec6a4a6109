import { describe, expect, it } from 'vitest';
import { checkPostgresSinkOptions, type PostgresSinkOptions } from './postgres-sink-options.ts';

describe('the options of postgresSink', () => {
  it('have defaults', () => {
    const connection = 'postgres://localhost/shop';
    expect(checkPostgresSinkOptions({ connection })).toEqual({
      connection,
      name: 'postgres',
      schema: 'millrace',
      conflict: 'overwrite',
      missingRow: 'insert',
      sequences: 'leave',
      schemaPolicy: 'create-missing',
      existingRows: 'fail-if-not-empty',
      tables: {},
      structure: 'key-only',
      createDatabase: false,
      writeMode: 'upsert',
      deletes: 'delete',
      rejectedRows: { policy: 'stop', maxRows: 1_000 },
    });
    expect(checkPostgresSinkOptions({ connection: { host: 'db' }, missingRow: 'skip' })).toMatchObject({
      missingRow: 'skip',
    });
  });

  it('say for single tables how they are written, and for rows that are refused how many', () => {
    const connection = 'postgres://localhost/shop';
    const tables = { 'public.orders': { writeMode: 'changelog' } } as const;
    expect(checkPostgresSinkOptions({ connection, tables, rejectedRows: { policy: 'skip' } })).toMatchObject({
      tables,
      rejectedRows: { policy: 'skip', maxRows: 1_000 },
    });
    const wrong: unknown = {
      connection,
      writeMode: 'insert',
      deletes: true,
      tables: { orders: { writeMode: 'x', deletes: 'x', mode: 1 }, 'public.users': null },
      rejectedRows: { policy: 'skip', maxRows: 0 },
    };
    expect(() => checkPostgresSinkOptions(wrong as PostgresSinkOptions)).toThrow(
      /writeMode .*deletes .*tables.orders must be named as schema.table.*tables.orders.writeMode .*tables.orders.deletes .*tables.orders.mode is not an option.*tables.public.users must be an object/,
    );
  });

  it('are refused with every problem at once, each with its path, and without the secrets in them', () => {
    const wrong: unknown = {
      connection: 'mysql://user:hunter2@db',
      name: '',
      schema: 7,
      conflict: 'x',
      missingRow: 'x',
      sequences: 'x',
      existingRows: 'x',
      structure: ['index'],
      createDatabase: 'yes',
      batch: 1,
    };
    const check = () => checkPostgresSinkOptions(wrong as PostgresSinkOptions);
    expect(check).toThrow(
      /connection .*name .*schema .*conflict .*missingRow .*sequences .*createDatabase .*structure .*existingRows .*batch is not an option/,
    );
    expect(check).not.toThrow(/hunter2/);
    try {
      check();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'INVALID_OPTIONS',
        recovery: 'operator',
        details: { problems: { length: 10 } },
      });
    }
    expect(() => checkPostgresSinkOptions(undefined as unknown as PostgresSinkOptions)).toThrow(/must be an object/);
  });
});
