import type { StructurePart, TableStructures } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres } from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const parents = relationOf({ table: 'parents', columns: ['id integer!', 'code integer'], key: ['id'] });
const children = relationOf({ table: 'children', columns: ['id integer!', 'parent integer'], key: ['id'] });
const relations = [children, parents];

const reference: StructurePart = {
  kind: 'foreign-key',
  name: 'to_parent',
  columns: ['parent'],
  sql: '(id)',
  references: { schema: 'public', table: 'parents', columns: ['id'] },
  onDelete: 'no action',
  onUpdate: 'no action',
  match: 'simple',
  deferrable: false,
  validated: true,
};
const structures: TableStructures = new Map<string, readonly StructurePart[]>([
  ['public.children', [reference, { kind: 'index', name: 'by_parent', sql: 'USING btree (parent)', indexed: null }]],
  [
    'public.parents',
    [
      { kind: 'unique', name: 'parents_pkey', sql: 'USING btree (id)', columns: ['id'], indexed: null, constraint: '' },
      {
        kind: 'unique',
        name: 'by_both',
        sql: 'USING btree (id, code)',
        columns: ['id', 'code'],
        indexed: null,
        constraint: 'DEFERRABLE',
      },
      { kind: 'check', name: 'positive', sql: 'CHECK ((code > 0))', validated: true },
      { kind: 'default', column: 'code', sql: '7', value: null },
      { kind: 'default', column: 'gone', sql: '7', value: null },
    ],
  ],
]);

const live = { state: 'live', from: '0/1', ranges: [], through: null } as const;

const start = async (sink: SinkUnderTest) => {
  await sink.open({ relations, structure: async () => structures });
  await sink.sink.prepare?.(relations, 'stream', new AbortController().signal);
};

const made = `SELECT c.relname AS name FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
    WHERE t.relname IN ('parents', 'children') AND NOT indisprimary AND indisvalid
  UNION ALL SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') AND convalidated AND conparentid = 0
    AND conrelid IN ('parents'::regclass, 'children'::regclass)
  UNION ALL SELECT 'default ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'parents'::regclass ORDER BY 1`;
const all = ['by_both', 'by_parent', 'default 7', 'positive', 'to_parent'];

describe.each(postgresVersions())('the structure of live tables on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('is made of tables with partitions, too, and only once tables are live', async () => {
    await using database = await createDatabase(server);
    await database.query(
      ['parents', 'children']
        .map(
          (table) => `
      CREATE TABLE ${table} (id int PRIMARY KEY, ${table === 'parents' ? 'code' : 'parent'} int) PARTITION BY RANGE (id);
      CREATE TABLE ${table}_1 PARTITION OF ${table} DEFAULT`,
        )
        .join(';'),
    );
    await using sink = new SinkUnderTest({ connection: database.url, structure: 'all' });
    await start(sink);
    const { signal } = new AbortController();
    const names = async () => {
      await sink.sink.settle?.(signal);
      return (await database.query(made)).map(({ name }) => name);
    };
    await sink.saveTables({
      'public.children': live,
      'public.parents': { ...live, state: 'catching-up', through: '0/1' },
    });
    expect(await names()).toEqual(['by_parent']);
    await sink.saveTables({ 'public.children': live, 'public.parents': live });
    expect(await names()).toEqual(all);
    expect(sink.events).toEqual([]);
    await expect(sink.sink.settle?.(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('leaves alone what has the name and belongs to somebody else', async () => {
    await using database = await createDatabase(server);
    await database.query(
      'CREATE TABLE other (id int); CREATE INDEX by_parent ON other (id); CREATE INDEX by_both ON other (id)',
    );
    await using sink = new SinkUnderTest({ connection: database.url, structure: 'all' });
    await start(sink);
    await sink.saveTables({ 'public.children': live, 'public.parents': live });
    await sink.sink.settle?.(new AbortController().signal);
    expect((await database.query(made)).map(({ name }) => name)).toEqual(['default 7', 'positive', 'to_parent']);
    expect(await database.query("SELECT FROM pg_index WHERE indrelid = 'other'::regclass")).toHaveLength(2);
    expect(sink.events.map(({ details }) => [details.part, /42P07/.test(String(details.reason))])).toEqual([
      ['index', true],
      ['unique', true],
    ]);
  });

  it('leaves out foreign keys that the role could not switch off', async () => {
    await using database = await createDatabase(server);
    const role = `${database.name}_r`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE ${database.name} TO ${role};
      GRANT CREATE ON SCHEMA public TO ${role}`);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'x';
      await using sink = new SinkUnderTest({ connection: url.href, structure: 'all' });
      await start(sink);
      await sink.saveTables({ 'public.children': live, 'public.parents': live });
      await sink.sink.settle?.(new AbortController().signal);
      expect((await database.query(made)).map(({ name }) => name)).toEqual(all.slice(0, 4));
      expect(sink.events).toMatchObject([
        { type: 'warning', code: 'STRUCTURE_NOT_MADE', details: { table: 'public.children', part: 'foreign-key' } },
      ]);
      await sink.sink.close();
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
