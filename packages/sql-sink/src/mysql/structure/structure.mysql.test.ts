import type { StructurePart, TableStructures } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
} from '../../../../../test/harness/index.ts';
import { describedStructure } from '../../../../../test/structure/described-mysql.ts';
import type { MadeWarning } from '../../structure/structure-builder.ts';
import { relationOf } from '../../testing/changes.ts';
import { breaking } from '../evolve/evolving-tables.test-support.ts';
import { mysqlNames as namesAt } from '../target/mysql-types.ts';
import { StreamProcess } from '../testing/stream-process.ts';
import { StructureMaker } from './make-structure.ts';

const { signal } = new AbortController();

const at = (name: string) => ({ name, descending: false, length: null, collation: null });

const reference: StructurePart = {
  kind: 'foreign-key',
  name: 'to_parent',
  columns: ['parent'],
  sql: '(id)',
  references: { schema: 'public', table: 'parents', columns: ['code'] },
  onDelete: 'cascade',
  onUpdate: 'no action',
  match: 'simple',
  deferrable: false,
  validated: true,
};

const structures: TableStructures = new Map<string, readonly StructurePart[]>([
  ['public.children', [reference, { kind: 'index', name: 'by_parent', sql: '(parent)', indexed: [at('parent')] }]],
  [
    'public.parents',
    [
      { kind: 'unique', name: 'once', sql: '(code)', columns: ['code'], indexed: [at('code')], constraint: '' },
      { kind: 'default', column: 'code', sql: '7', value: { kind: 'constant', text: '7' } },
      { kind: 'comment', column: null, text: 'theirs' },
    ],
  ],
]);

describe.each(mysqlNames())('the structure of live tables at %s', (name) => {
  const server = sharedMysql(name);

  const tablesOf = async (database: MysqlTestDatabase) => {
    await database.query('CREATE TABLE parents (id int PRIMARY KEY, code int)');
    await database.query('CREATE TABLE children (id int PRIMARY KEY, parent int)');
    await database.query('INSERT INTO parents VALUES (1, 1)');
    await database.query('INSERT INTO children VALUES (1, 1)');
    const parents = relationOf({ table: 'parents', columns: ['id integer!', 'code integer'], key: ['id'] });
    const children = relationOf({ table: 'children', columns: ['id integer!', 'parent integer'], key: ['id'] });
    return { parents, children };
  };

  const makerOf = (
    database: MysqlTestDatabase,
    stream: StreamProcess,
    relations: Parameters<StructureMaker['make']>[0],
  ) => {
    const warnings: MadeWarning[] = [];
    const of = (cut: { readonly number: number; readonly side: 'before' | 'behind' } | null) =>
      new StructureMaker({
        openSession: async () => {
          const session = await stream.connect();
          return cut === null ? session : breaking(session, cut.number, cut.side);
        },
        option: 'all',
        name: 'test',
        names: namesAt({ targetSchema: database.name }, { kind: server.kind, version: 999_999 }),
        context: { relations, structure: async () => structures },
      });
    return {
      warnings,
      make: (live = relations, cut: Parameters<typeof of>[0] = null) =>
        of(cut).make(live, (warning) => warnings.push(warning), signal),
    };
  };

  it('is made by the next process, wherever the connection of one was cut', { timeout: 60_000 }, async () => {
    const whole = async (number: number | null, side: 'before' | 'behind') => {
      await using database = await createMysqlDatabase(server);
      await using stream = new StreamProcess(database.url, database.name);
      const { parents, children } = await tablesOf(database);
      const { make, warnings } = makerOf(database, stream, [children, parents]);
      const outcome =
        number === null
          ? null
          : await make(undefined, { number, side }).then(
              () => 'made',
              () => 'cut',
            );
      await make();
      expect(warnings).toEqual([]);
      return { outcome, found: await describedStructure(database) };
    };
    const { found } = await whole(null, 'before');
    expect([found.indexes.length, found.constraints.length, found.columns, found.comments]).toEqual([
      4,
      1,
      ['parents code 7 '],
      ['parents theirs'],
    ]);
    for (const side of ['before', 'behind'] as const)
      for (let number = 0, isCut = true; isCut; number++) {
        const { outcome, found: after } = await whole(number, side);
        expect([side, number, after]).toEqual([side, number, found]);
        isCut = outcome === 'cut';
        expect(number).toBeLessThan(30);
      }
  });

  it('comes with a foreign key once both of its tables are live', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    const { parents, children } = await tablesOf(database);
    const { make, warnings } = makerOf(database, stream, [children, parents]);
    await make([children]);
    expect((await describedStructure(database)).constraints).toEqual([]);
    await make();
    expect((await describedStructure(database)).constraints).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it('waits for those who use a table, and lets others in meanwhile', { timeout: 30_000 }, async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    const { parents } = await tablesOf(database);
    const { make, warnings } = makerOf(database, stream, [parents]);
    const [older, writer] = [await stream.connect(), await stream.connect()];
    await older.script(['START TRANSACTION', `SELECT * FROM ${database.name}.parents`]);
    const making = make();
    const begun = performance.now();
    for (let id = 2; performance.now() - begun < 5_000; id++)
      await writer.script([`INSERT INTO ${database.name}.parents VALUES (${id}, ${id})`]);
    await older.script(['COMMIT']);
    await making;
    expect(warnings).toEqual([]);
    expect((await describedStructure(database)).indexes).toEqual([
      'children PRIMARY unique BTREE id:A',
      'parents PRIMARY unique BTREE id:A',
      'parents once unique BTREE code:A',
    ]);
  });
});
