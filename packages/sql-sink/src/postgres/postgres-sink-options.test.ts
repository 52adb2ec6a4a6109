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
    });
    expect(checkPostgresSinkOptions({ connection: { host: 'db' }, missingRow: 'skip' })).toMatchObject({
      missingRow: 'skip',
    });
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
