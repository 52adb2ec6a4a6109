import type { Column, Relation } from '@millrace/core';
import { expect, it } from 'vitest';
import type { TargetNamesOptions } from '../../target/target-names.ts';
import { checkPostgresSinkOptions, type PostgresSinkOptions } from '../postgres-sink-options.ts';
import { postgresNames } from './postgres-types.ts';

const column = (name: string): Column => ({ name, type: 'text', native: 'text', nullable: true, generated: false });

const relation = (table: string, schema = 'public', more: Partial<Relation> = {}): Relation => ({
  schema,
  table,
  version: 1,
  columns: ['id', 'email', 'Mixed'].map(column),
  key: [0],
  identity: 'key',
  ...more,
});

const named = (options: TargetNamesOptions, of = relation('users')) => {
  const { schema, table, columns } = postgresNames(options).of(of);
  return [schema, table, ...columns.map(({ name }) => name)].join(' ');
};

it('tables land in another schema, under another name, with other columns', () => {
  expect(named({})).toBe('public users id email Mixed');
  expect(named({ targetSchema: 'copy' })).toBe('copy users id email Mixed');
  expect(named({ targetSchema: { public: 'copy' } })).toBe('copy users id email Mixed');
  expect(named({ targetSchema: { other: 'copy' } })).toBe('public users id email Mixed');
  expect(named({ tables: { 'public.users': { name: 'people' } } })).toBe('public people id email Mixed');
  expect(named({ targetSchema: 'copy', tables: { 'public.users': { name: 'people' } } })).toBe(
    'copy people id email Mixed',
  );
  expect(named({ targetSchema: 'copy', tables: { 'public.users': { name: 'crm.people' } } })).toBe(
    'crm people id email Mixed',
  );
  expect(named({ tables: { 'public.users': { columns: { id: 'email', email: 'id' } } } })).toBe(
    'public users email id Mixed',
  );
  expect(named({ tables: { 'public.constructor': {} }, targetSchema: {} }, relation('toString', 'valueOf'))).toBe(
    'valueOf toString id email Mixed',
  );
});

it('what stays as it is stays the same object, and one relation is mapped once', () => {
  const users = relation('users');
  expect(postgresNames({}).of(users)).toBe(users);
  const names = postgresNames({ targetSchema: 'copy' });
  expect(names.of(users)).toBe(names.of(users));
});

it('unique indexes say the new names; those of which that is not certain are left out', () => {
  const index = (terms: string[], predicate: string | null = null) => ({ terms, predicate, nullsEqual: false });
  const unique = [index(['email']), index(['"Mixed"', 'id']), index(['lower(email)']), index(['id'], 'id <> 0')];
  const of = (options: TargetNamesOptions) => postgresNames(options).of(relation('users', 'public', { unique })).unique;
  expect(of({ targetSchema: 'copy' })).toBe(unique);
  const columns = { email: 'order', Mixed: 'plain' };
  expect(of({ tables: { 'public.users': { columns } } })).toEqual([index(['order']), index(['plain', 'id'])]);
});

it('two tables or two columns never become one', () => {
  const names = postgresNames({ targetSchema: 'copy', tables: { 'public.users': { columns: { email: 'id' } } } });
  const taken = { code: 'NAME_TAKEN', recovery: 'operator' };
  expect(() => names.of(relation('users'))).toThrow(expect.objectContaining(taken));
  names.of(relation('orders'));
  names.of(relation('orders', 'public', { version: 2 }));
  expect(() => names.of(relation('orders', 'other'))).toThrow(
    expect.objectContaining({ ...taken, message: expect.stringContaining('public.orders and other.orders') }),
  );
  const all = [relation('users'), relation('orders'), relation('orders', 'other')];
  expect(names.problems(all).map(({ code, message }) => `${code} ${message}`)).toEqual([
    'NAME_TAKEN Two columns cannot both be "id" of target table copy.users',
    'NAME_TAKEN public.orders and other.orders cannot both be copy.orders at the target',
  ]);
});

it('names of what is not captured are problems', () => {
  const names = postgresNames({
    targetSchema: { public: 'a', other: 'b' },
    tables: { 'public.users': { columns: { mail: 'x' } }, 'public.user': { name: 'x' } },
  });
  expect(names.problems([relation('users')]).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'sink.tables.public.users.columns: The stream captures no column "mail" of public.users',
    'sink.tables.public.user: The stream captures no table public.user',
    'sink.targetSchema: The stream captures no table of schema other',
  ]);
});

it('options that are no names are refused, each with its path', () => {
  const check = (options: object) => {
    const all = { connection: 'postgres://localhost/shop', ...options } as PostgresSinkOptions;
    try {
      checkPostgresSinkOptions(all);
      return [];
    } catch (error) {
      return (error as { details: { problems: { path: string }[] } }).details.problems.map(({ path }) => path);
    }
  };
  const right = { targetSchema: { public: 'a' }, tables: { 'public.users': { name: 'b.c', columns: { d: 'e' } } } };
  expect(check(right)).toEqual([]);
  expect(check({ targetSchema: '' })).toEqual(['targetSchema']);
  expect(check({ targetSchema: { public: 'x'.repeat(64) } })).toEqual(['targetSchema.public']);
  expect(check({ tables: [] })).toEqual(['tables']);
  expect(check({ tables: { users: {} } })).toEqual(['tables.users']);
  expect(check({ tables: { 'public.users': { name: 'a.', columns: { id: 7 }, exclude: [] } } })).toEqual([
    'tables.public.users.name',
    'tables.public.users.columns.id',
    'tables.public.users.exclude',
  ]);
});
