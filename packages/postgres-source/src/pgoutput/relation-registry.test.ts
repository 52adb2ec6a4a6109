import { describe, expect, it } from 'vitest';
import { BinaryTypes } from '../values/binary-types.ts';
import { readRelation, readType } from './control-messages.ts';
import { encode, oids, type Table, table } from './message-encoder.test-support.ts';
import { MessageReader } from './message-reader.ts';
import { RelationRegistry } from './relation-registry.ts';

const types = new BinaryTypes();
const users = table(16_400, 'users', { id: oids.int4, name: oids.text });
const relationOf = (shape: Table) => readRelation(new MessageReader(encode.relation(shape), 1));
const typeOf = (...[oid, schema, name]: Parameters<typeof encode.type>) =>
  readType(new MessageReader(encode.type(oid, schema, name), 1));

const define = (registry: RelationRegistry, shape: Table, key: readonly string[] | null = null) => {
  const relation = registry.relation(relationOf(shape), key, types)?.relation;
  if (relation === undefined) throw new Error('no relation');
  return relation;
};

describe('RelationRegistry', () => {
  it('describes a table', () => {
    expect(define(new RelationRegistry(), users)).toEqual({
      schema: 'public',
      table: 'users',
      version: 1,
      columns: [
        { name: 'id', type: 'int', native: 'integer', nullable: null, generated: false },
        { name: 'name', type: 'text', native: 'text', nullable: null, generated: false },
      ],
      key: [0],
      identity: 'key',
    });
  });

  it('keeps the object as long as the shape stays', () => {
    const registry = new RelationRegistry();
    const first = define(registry, users);
    expect(define(registry, users)).toBe(first);
    expect(registry.differs(relationOf(users), null, types)).toBe(false);
  });

  it.each<[string, Partial<Table>]>([
    ['another name', { table: 'people' }],
    ['another schema', { schema: 'crm' }],
    ['another identity', { identity: 'i' }],
    ['another column', { columns: [...users.columns, { name: 'bio', type: oids.text }] }],
    ['another column name', { columns: users.columns.map((column) => ({ ...column, name: `${column.name}_` })) }],
    ['another type', { columns: users.columns.map((column) => ({ ...column, type: oids.text })) }],
    ['another modifier', { columns: users.columns.map((column) => ({ ...column, modifier: 20 })) }],
    ['another key', { columns: users.columns.map((column) => ({ ...column, key: true })) }],
  ])('makes a new version for %s', (_, difference) => {
    const registry = new RelationRegistry();
    const first = define(registry, users);
    const changed = { ...users, ...difference };
    expect(registry.differs(relationOf(changed), null, types)).toBe(true);
    const second = define(registry, changed);
    expect(second).not.toBe(first);
    expect(second.version).toBe(2);
    expect(define(registry, users).version).toBe(3);
  });

  it('counts on when a table is dropped and made again under its name', () => {
    const registry = new RelationRegistry();
    define(registry, users);
    expect(define(registry, { ...users, oid: 16_500 }).version).toBe(2);
  });

  it('names the schema that the protocol leaves empty', () => {
    expect(define(new RelationRegistry(), { ...users, schema: 'pg_catalog' }).schema).toBe('pg_catalog');
  });

  it('keys rows by what the log identifies them by', () => {
    const shape = (identity: string, keys: readonly number[]): Table => ({
      ...users,
      identity,
      columns: users.columns.map((column, index) => ({ ...column, key: keys.includes(index) })),
    });
    const identified = (identity: string, keys: readonly number[], primaryKey: readonly string[] | null = null) => {
      const { key, identity: found } = define(new RelationRegistry(), shape(identity, keys), primaryKey);
      return [found, key];
    };
    expect(identified('d', [0])).toEqual(['key', [0]]);
    expect(identified('d', [])).toEqual(['none', null]);
    expect(identified('i', [1])).toEqual(['index', [1]]);
    expect(identified('i', [])).toEqual(['none', null]);
    expect(identified('n', [])).toEqual(['none', null]);
    expect(identified('f', [0, 1], ['id'])).toEqual(['full', [0]]);
    expect(identified('f', [0, 1], ['name', 'id'])).toEqual(['full', [1, 0]]);
    expect(identified('f', [0, 1])).toEqual(['full', null]);
    expect(identified('f', [0, 1], [])).toEqual(['full', null]);
    expect(identified('f', [0, 1], ['dropped'])).toEqual(['full', null]);
    expect(new RelationRegistry().relation(relationOf(shape('x', [0])), null, types)).toBeUndefined();
  });

  it('names types that are not built in', () => {
    const registry = new RelationRegistry();
    registry.type(typeOf(16_500, 'public', 'mood'));
    registry.type(typeOf(16_501, 'public', 'Odd "one"'));
    // A domain over varchar, as the server sends it.
    registry.type(typeOf(16_502, 'pg_catalog', 'varchar'));
    registry.type(typeOf(16_503, 'pg_catalog', 'int4'));
    registry.type(typeOf(16_505, 'pg_catalog', '_int4'));
    const shape = table(1, 't', { a: 16_500, b: 16_501, c: 16_502, d: 16_503, e: 16_504, f: 1007, g: 600, h: 16_505 });
    const natives = define(registry, shape).columns.map(({ native, type }) => [native, type]);
    expect(natives).toEqual([
      ['public.mood', 'other'],
      ['public."Odd ""one"""', 'other'],
      ['character varying', 'text'],
      ['integer', 'int'],
      ['oid 16504', 'other'],
      ['integer[]', 'array'],
      ['point', 'other'],
      ['integer[]', 'array'],
    ]);
  });

  it('gives a domain the modifier that the catalog knows', () => {
    const registry = new RelationRegistry();
    registry.type(typeOf(16_500, 'pg_catalog', 'numeric'));
    const types = new BinaryTypes(
      180_000,
      new Map([[16_500, { standsFor: 1700, modifier: (10 << 16) + 2 + 4, element: null }]]),
    );
    const format = registry.relation(relationOf(table(1, 't', { a: 16_500 })), null, types);
    expect(format?.relation.columns[0]).toMatchObject({ native: 'numeric(10,2)', type: 'decimal' });
  });

  it('makes a new version when a type is renamed', () => {
    const registry = new RelationRegistry();
    const shape = table(1, 't', { a: 16_500 });
    registry.type(typeOf(16_500, 'public', 'mood'));
    define(registry, shape);
    registry.type(typeOf(16_500, 'public', 'feeling'));
    expect(define(registry, shape).version).toBe(2);
  });

  it('makes a new version when the primary key behind a full identity changes', () => {
    const registry = new RelationRegistry();
    const shape = table(1, 't', { a: oids.int4, b: oids.int4 }, 'f');
    define(registry, shape, ['a']);
    expect(registry.differs(relationOf(shape), ['b'], types)).toBe(true);
    expect(define(registry, shape, ['b'])).toMatchObject({ version: 2, key: [1] });
  });

  it('keeps the object, and decodes with what the connection knows', () => {
    const registry = new RelationRegistry();
    const shape = table(1, 't', { a: oids.int4, b: 16_500 });
    const reads = (binaryTypes: BinaryTypes) => {
      const format = registry.relation(relationOf(shape), null, binaryTypes);
      return { relation: format?.relation, readable: format?.decoders.map(({ readsBinary }) => readsBinary) };
    };
    const first = reads(types);
    const second = reads(
      new BinaryTypes(180_000, new Map([[16_500, { standsFor: oids.text, modifier: -1, element: null }]])),
    );
    expect(second.relation).toBe(first.relation);
    expect([first.readable, second.readable]).toEqual([
      [true, false],
      [true, true],
    ]);
  });
});
