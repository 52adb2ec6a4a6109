import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Change } from '../model/change.ts';
import { changeBatch } from '../model/change-batch.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { valuePlaces } from '../model/indexed-changes.ts';
import type { Column, Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import { TextChanges } from '../pipeline/text-changes.ts';
import { maskOf } from './mask.ts';
import { sentRow } from './projected-row.ts';
import { projectionProblems } from './projection-problems.ts';
import { type ProjectedTable, Projections } from './projections.ts';

const column = (name: string, native = 'text'): Column => ({
  name,
  type: native === 'text' ? 'text' : 'int',
  native,
  nullable: true,
  generated: false,
});

const users: Relation = {
  schema: 'public',
  table: 'users',
  version: 1,
  columns: [column('secret'), column('id', 'integer'), column('email'), column('name')],
  key: [1],
  identity: 'key',
};

const change = (op: 'insert' | 'update', after: object, before: object | null = null): Change =>
  createChange({
    op,
    table: 'public.users',
    relation: users,
    transaction: { id: 't', commitTime: 1, position: '1' },
    sequence: 0,
    before: before === null ? null : decodedRow(users, before as Record<string, unknown>),
    after: decodedRow(users, after as Record<string, unknown>),
  });

/** As a source has them that holds bytes. */
const indexed = (changes: readonly Change[]) => {
  const texts = new TextChanges(changes.length);
  for (const each of changes) texts.add(each, each.relation, each.image.after);
  return texts.batch({ position: '2' });
};

const projected = (tables: readonly ProjectedTable[], changes: readonly Change[]) =>
  new Projections(tables).batch(indexed(changes));

const excluded = [{ name: 'public.users', exclude: ['secret', 'email'] }];

it('columns that are left out are in no relation, row or place', () => {
  const row = { secret: 's', id: 7, email: 'a@x', name: 'Ann' };
  const batch = projected(excluded, [change('insert', row), change('update', { id: 7, name: 'Eve' }, { id: 6 })]);
  expect(batch.relations[0]).toMatchObject({ columns: [{ name: 'id' }, { name: 'name' }], key: [0] });
  const [insert, update] = [...batch.changes];
  expect(insert?.after).toEqual({ id: '7', name: 'Ann' });
  expect([update?.before, update?.after]).toEqual([{ id: '6' }, { id: '7', name: 'Eve' }]);
  expect(insert?.image.after?.state(2)).toBe('absent');
  const { indexed } = batch.changes;
  const places = valuePlaces();
  expect(indexed?.place(0, 'after', places)).toBe(true);
  const texts = [0, 1].map((at) => places.bytes.toString('utf8', places.starts[at], places.ends[at]));
  expect(texts).toEqual(['7', 'Ann']);
  expect(places.starts).toHaveLength(2);
  expect(indexed?.relation(0)).toBe(batch.relations[0]);
});

it('masked values are in no form what they were; NULL and what was not sent stay', () => {
  const mask = { email: { hash: 'sha256', salt: 'pepper' }, name: { truncate: 2 }, secret: 'redact' } as const;
  const batch = projected(
    [{ name: 'public.*', mask }],
    [
      change('update', { secret: 's', id: 7, email: 'a@x', name: 'a😀b' }, { email: 'old', name: null }),
      change('update', { id: 7, name: '' }),
    ],
  );
  const hash = (text: string) => createHmac('sha256', 'pepper').update(text).digest('hex');
  const [first, second] = [...batch.changes];
  expect(first?.after).toEqual({ secret: '***', id: '7', email: hash('a@x'), name: 'a😀' });
  expect(first?.before).toEqual({ email: hash('old'), name: null });
  expect(second?.after).toEqual({ id: '7', name: '' });
  const row = first?.image.after as RowImage;
  const target = Buffer.alloc(100);
  expect(target.toString('utf8', 0, row.writeText(2, target, 0))).toBe(hash('a@x'));
  expect(row.writeText(2, Buffer.alloc(10), 0)).toBe(-4);
  expect(row.bytes(2)).toBeNull();
  expect(row.keep().toObject()).toEqual(first?.after);
  expect(batch.changes.indexed?.place(0, 'after', valuePlaces())).toBe(false);
  expect(batch.relations[0]?.columns.map(({ native, textLength }) => [native, textLength])).toEqual([
    ['text', 3],
    ['integer', undefined],
    ['text', 64],
    ['text', undefined],
  ]);
});

it('tables that nothing is said of pass as they are, also in a batch without an index', () => {
  const other = indexed([change('insert', { id: 1 })]);
  expect(new Projections([{ name: 'public.orders', exclude: ['id'] }]).batch(other)).toBe(other);
  // A table's own entry wins over patterns.
  const entries = [{ name: 'public.*', exclude: ['email'] }, { name: 'public.users' }];
  expect(new Projections(entries).batch(other)).toBe(other);
  const listed = changeBatch([change('insert', { id: 1, email: 'x' })], { position: '3' });
  const [insert] = [...new Projections(excluded).batch(listed).changes];
  expect(insert?.after).toEqual({ id: 1 });
});

it('the row that was sent is found behind what was made of it', () => {
  const mask = { id: { hash: 'sha256', salt: 'x' } } as const;
  const projections = new Projections([{ name: 'public.users', mask }]);
  const listed = changeBatch([change('insert', { id: 1, email: 'x' })], { position: '3' });
  const [insert] = [...projections.batch(listed).changes];
  expect(projections.masksKey(insert?.relation ?? users)).toBe(true);
  const changed = insert?.with({ after: { email: 'y' } }).image.after as RowImage;
  expect(changed.text(1)).not.toBe('1');
  expect(sentRow(changed)?.text(1)).toBe('1');
  expect(sentRow(decodedRow(users, { id: 1 }))).toBeNull();
});

it('a unique index is one still where masks keep values apart', () => {
  const index = (...terms: string[]) => ({ terms, predicate: null, nullsEqual: false });
  const unique = [index('id'), index('email'), index('name'), index('lower(email)')];
  const of = (mask: ProjectedTable['mask']) =>
    new Projections([{ name: 'public.users', mask }]).relation({ ...users, unique }).unique;
  expect(of({ email: { hash: 'sha256', salt: 'x' } })).toEqual([index('id'), index('email'), index('name')]);
  expect(of({ email: 'redact', name: { truncate: 1 } })).toEqual([index('id')]);
});

it('a column of the key is hashed or as it is, and only text is truncated', () => {
  const codes = (entry: Omit<ProjectedTable, 'name'>) => {
    const projections = new Projections([{ name: 'public.*', ...entry }]);
    const found = projectionProblems(projections, [users]).map(({ message }) => message);
    if (found.length > 0 && !found[0]?.includes('has no'))
      expect(() => projections.of(users)).toThrow(expect.objectContaining({ code: 'COLUMNS_NOT_POSSIBLE' }));
    return found.join();
  };
  expect(codes({ exclude: ['id'] })).toContain('cannot be left out');
  expect(codes({ columns: ['email'] })).toContain('cannot be left out');
  expect(codes({ mask: { id: { truncate: 3 } } })).toContain('can only be hashed');
  expect(codes({ mask: { id: { hash: 'sha256', salt: 'x' } } })).toBe('');
  expect(codes({ exclude: ['nothing'] })).toBe('public.* has no column "nothing"');
  const numbers = { ...users, key: null };
  expect(new Projections([{ name: 'public.*', mask: { id: { truncate: 3 } } }]).problem(numbers)?.message).toContain(
    'only text can be truncated',
  );
});

it('truncating cuts no character in two', () => {
  const { apply } = maskOf({ truncate: 3 });
  expect(['', 'ab', 'abcd', '😀😀😀😀', 'a\u{1F600}'].map(apply)).toEqual(['', 'ab', 'abc', '😀😀😀', 'a\u{1F600}']);
  expect(maskOf({ truncate: 0 }).apply('abc')).toBe('');
});
