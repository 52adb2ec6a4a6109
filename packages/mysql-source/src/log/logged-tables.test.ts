import { describe, expect, it } from 'vitest';
import type { TableMap } from '../binlog/table-map.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import type { SchemaScope } from '../schema/model/schema-draft.ts';
import { SchemaModel } from '../schema/schema-model.ts';
import { BatchBuilder } from '../transactions/batch-builder.ts';
import { CutOffTransactions } from '../transactions/cut-off-transactions.ts';
import { brief, inserts, numbers } from '../transactions/logged-batches.test-support.ts';
import type { Statement } from '../transactions/transaction-reader.ts';
import { LogDecoder, type LoggedTables } from './log-decoder.ts';
import { LoggedMetadata } from './logged-metadata.ts';
import { LoggedSchema, schemaOfState, schemaState } from './logged-schema.ts';
import { TableFormats } from './table-formats.ts';

const utf8mb4 = { defaultCollation: 'utf8mb4_0900_ai_ci', maxBytes: 4 };
const scope: SchemaScope = {
  settings: {
    flavor: 'mysql',
    version: 90704,
    lowerCaseTableNames: 0,
    explicitDefaultsForTimestamp: true,
    defaultCollation: 'utf8mb4_0900_ai_ci',
    utf8: 'utf8mb3',
    charsets: { utf8mb4 },
  },
  followed: ['*'],
  captured: (schema, table) => schema === 's' && table === 't',
};
const statement = (sql: string) =>
  ({
    kind: 'query',
    sql,
    schema: 's',
    sqlMode: 0n,
    ansiQuotes: false,
    timestamp: 0,
    place: null,
  }) as unknown as Statement;
const model = ['CREATE DATABASE s', 'CREATE TABLE t (id int PRIMARY KEY)'].reduce(
  (before, sql) => before.apply(statement(sql)).model,
  new SchemaModel({ databases: new Map() }, scope),
);
/** As a log has it that does not name columns. */
const unnamed: TableMap = {
  ...numbers,
  primaryKey: null,
  columns: numbers.columns.map(({ name: _, ...column }) => column),
};

const place = (offset: number) => ({ file: 'log.000001', offset });

const logged = (
  tables: LoggedTables,
  position = 'log.000001:4',
  kind: 'mysql' | 'mariadb' = 'mysql',
  cutOff = new CutOffTransactions(),
) => {
  let offset = 100;
  const decoder = new LogDecoder({
    kind,
    server: 'a server',
    cutOff,
    place: place(offset),
    position: BinlogPosition.parse(position),
    tables,
    limits: { maxChanges: 100, maxBytes: 1_000_000 },
    maxPreparedBytes: 1_000,
  });
  const transaction = (inside: () => void, gtid: string | null = null) => {
    decoder.begin({ gtid, commitTime: 0, start: place(offset) });
    inside();
    offset += 100;
  };
  return {
    decoder,
    rows: (map: TableMap, ...ids: readonly number[]) =>
      transaction(() => {
        decoder.rows(inserts(...ids), map);
        decoder.commit(place(offset + 100));
      }),
    define: (sql: string) =>
      transaction(() => {
        decoder.definition(statement(sql));
        decoder.commit(place(offset + 100));
      }),
    prepare: (xid: string, gtid: string, map: TableMap) =>
      transaction(() => {
        decoder.hold();
        decoder.rows(inserts(1), map);
        decoder.prepare(xid, place(offset + 100));
      }, gtid),
    resolve: (xid: string, gtid: string) =>
      transaction(() => {
        decoder.resolve(xid, 'commit');
        decoder.commit(place(offset + 100));
      }, gtid),
    taken: () => {
      decoder.flush();
      const batches = [];
      for (let batch = decoder.take(); batch !== null; batch = decoder.take()) batches.push(batch);
      return batches;
    },
  };
};

describe('LoggedSchema', () => {
  const schema = () => new LoggedSchema(model, scope, new TableFormats('error'));

  it('gives out what lies before a statement with the schema that was in force there', () => {
    const s = logged(schema());
    s.rows(unnamed, 1);
    s.define('ALTER TABLE t CHANGE id number int');
    s.rows({ ...unnamed, tableId: 2 }, 2);
    const batches = s.taken();
    const [before, after] = batches.map(({ relations }) => relations[0]);
    expect([before?.columns[0]?.name, after?.columns[0]?.name]).toEqual(['id', 'number']);
    const states = batches.map((batch) => ('state' in batch ? batch.state : undefined));
    expect(batches.map((batch) => brief(batch).slice(0, 2))).toEqual([
      ['1.0', 'log.000001:200'],
      ['2.0', 'log.000001:400'],
    ]);
    expect(states[0]).toBeUndefined();
    expect(schemaOfState(states[1], scope).definition('s', 't')?.columns[0]?.name).toBe('number');
  });

  it('says a new state only when the schema has changed, and once', () => {
    const tables = schema();
    const builder = new BatchBuilder({ maxChanges: 1, maxBytes: 1 }, () => ({ position: '1' }));
    const define = (sql: string) => {
      tables.define(statement(sql), builder, { id: '', position: '', commitTime: 0 });
      return tables.newState();
    };
    expect(tables.newState()).toBeUndefined();
    expect(define('CREATE PROCEDURE p() SELECT 1')).toBeUndefined();
    const state = define('CREATE TABLE other (a int)');
    expect(schemaState(schemaOfState(state, scope))).toBe(state);
    expect(tables.newState()).toBeUndefined();
    define('CREATE TABLE passing (a int)');
    expect(define('DROP TABLE other')).toBeDefined();
    tables.define(statement('CREATE TABLE brief (a int)'), builder, { id: '', position: '', commitTime: 0 });
    expect(define('DROP TABLE brief')).toBeUndefined();
  });

  it('truncates what is captured, rows or not', () => {
    const s = logged(schema());
    s.define('TRUNCATE t');
    s.rows(unnamed, 1);
    s.define('TRUNCATE TABLE t');
    s.define('CREATE TABLE other (a int)');
    s.define('TRUNCATE other');
    expect(s.taken().map((batch) => brief(batch).slice(0, 2))).toEqual([
      ['T.0', 'log.000001:200'],
      ['1.0', 'log.000001:300'],
      ['T.0', 'log.000001:400'],
      ['', 'log.000001:600'],
    ]);
  });

  it('is lost without its state', () => {
    expect(() => schemaOfState(undefined, scope)).toThrow(expect.objectContaining({ code: 'SCHEMA_HISTORY_LOST' }));
  });
});

describe('LoggedMetadata', () => {
  const metadata = () => new LoggedMetadata(scope, new TableFormats('error'));

  it('reads tables as the log describes them, of two shapes in two batches', () => {
    const s = logged(metadata());
    s.rows(numbers, 1);
    s.define('ALTER TABLE t CHANGE id number int');
    s.rows({ ...numbers, columns: numbers.columns.map((column) => ({ ...column, name: 'number' })) }, 2);
    const batches = s.taken();
    expect(batches.map(({ relations }) => relations.map(({ columns }) => columns[0]?.name))).toEqual([
      ['id'],
      ['number'],
    ]);
    expect(batches.every((batch) => !('state' in batch))).toBe(true);
  });

  it('truncates, and refuses statements instead of rows', () => {
    const s = logged(metadata());
    s.define('TRUNCATE t');
    s.define('TRUNCATE other.t');
    expect(s.taken().map(brief)).toEqual([
      ['T.0', 'log.000001:200'],
      ['', 'log.000001:300'],
    ]);
    expect(() => s.define('UPDATE t SET id = 1')).toThrow(expect.objectContaining({ code: 'STATEMENT_LOGGED' }));
  });

  it('reads nothing of a captured table whose columns nobody names', () => {
    const s = logged(metadata());
    s.rows({ ...unnamed, table: 'other' }, 1);
    expect(() => s.rows(unnamed, 1)).toThrow(
      expect.objectContaining({ code: 'METADATA_MISSING', details: { table: 's.t' } }),
    );
  });
});

describe('prepared transactions of the log', () => {
  const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
  const tables = () => new LoggedSchema(model, scope, new TableFormats('error'));

  it('are not passed before their end, where the position can say so', () => {
    const s = logged(tables(), `${uuid}:1-4@log.000001:4`);
    s.prepare('x', `${uuid}:5`, unnamed);
    s.decoder.begin({ gtid: `${uuid}:6`, commitTime: 0, start: place(200) });
    s.decoder.commit(place(300));
    expect(s.taken().map(brief)).toEqual([['', `${uuid}:1-4:6+${uuid}:5@log.000001:300`]]);
    s.resolve('x', `${uuid}:7`);
    expect(s.taken().map(brief)).toEqual([['1.0', `${uuid}:1-7@log.000001:300`]]);
  });

  it('take no more memory than is allowed, before they are prepared too', () => {
    const s = logged(tables(), `${uuid}:1-4@log.000001:4`);
    s.decoder.begin({ gtid: `${uuid}:5`, commitTime: 0, start: place(100) });
    s.decoder.hold();
    const hold = () => s.decoder.rows(inserts(...Array.from({ length: 60 }, (_, id) => id)), unnamed);
    for (let time = 0; time < 3; time++) hold();
    expect(hold).toThrow(expect.objectContaining({ code: 'XA_NOT_FOLLOWED' }));
  });

  it('are refused by MariaDB whose log begins with one', () => {
    const s = logged(tables(), '@log.000001:4', 'mariadb');
    expect(() => s.prepare('x', '0-1-1', unnamed)).toThrow(expect.objectContaining({ code: 'XA_NOT_FOLLOWED' }));
  });

  it('are refused where it cannot, unless they concern no captured table', () => {
    const s = logged(tables(), '0-1-4@log.000001:4');
    s.prepare('x', '0-1-5', { ...unnamed, table: 'other' });
    s.decoder.begin({ gtid: '0-1-6', commitTime: 0, start: place(200) });
    s.decoder.commit(place(300));
    s.resolve('x', '0-1-7');
    expect(s.taken().map(brief)).toEqual([['', '0-1-7@log.000001:300']]);
    expect(() => s.prepare('y', '0-1-8', unnamed)).toThrow(expect.objectContaining({ code: 'XA_NOT_FOLLOWED' }));
  });
});

describe('a log in which nothing happens', () => {
  const idle = (position: string, ...files: readonly string[]) => {
    const s = logged(new LoggedMetadata(scope, new TableFormats('error')), position);
    for (const file of files) s.decoder.idle({ file, offset: 4 });
    return s.taken().map(brief);
  };

  it('moves a position to the next file, where only the place counts', () => {
    expect(idle('log.000001:4', 'log.000001')).toEqual([]);
    expect(idle('log.000001:4', 'log.000001', 'log.000002')).toEqual([['', 'log.000002:4']]);
    expect(idle('0-1-4@log.000001:4', 'log.000002')).toEqual([]);
  });
});
