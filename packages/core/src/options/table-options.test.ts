import { expect, it } from 'vitest';
import type { Source } from '../contracts/source.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { MemoryLog } from '../stream/memory-log.test-support.ts';
import { checkOptions, checkUpdate } from './settings.ts';

const filtering = (source: Source): Source => ({
  ...source,
  capabilities: { ...source.capabilities, rowFilters: true },
});

const check = (tables: readonly unknown[], source = new MemoryLog().source()) =>
  checkOptions({ id: 's', source, sink: { ...nullSink(), capabilities: { checkpoints: 'own' } }, tables }).tables;

it('a name stands for an entry with nothing else', () => {
  expect(check(['public.users', { name: 'public.*', exclude: ['secret'] }])).toEqual([
    { name: 'public.users' },
    { name: 'public.*', exclude: ['secret'] },
  ]);
});

it('what is wrong with an entry is said by its path, and without the salt in it', () => {
  const wrong = [
    '',
    { name: 'a', columns: ['x'], exclude: ['y'] },
    { name: 'a', mask: { x: { hash: 'md5', salt: 'pepper' } } },
    { name: 'a', mask: { x: { truncate: -1 } } },
    { name: 'a', columns: [] },
    { name: 'a', other: 1 },
    7,
  ];
  try {
    check(wrong);
    expect.unreachable();
  } catch (error) {
    const { message, details } = error as { message: string; details: { problems: { path: string }[] } };
    expect(details.problems.map(({ path }) => path)).toEqual([
      'tables.0.name',
      'tables.1.exclude',
      'tables.2.mask.x',
      'tables.3.mask.x.truncate',
      'tables.4.columns',
      'tables.5',
      'tables.6',
    ]);
    expect(message).toContain('must be "redact", { truncate: characters } or { hash: "sha256", salt }');
    expect(message).not.toContain('pepper');
  }
});

it('a query needs a source that runs it, and makes one table that says everything itself', () => {
  const source = new MemoryLog().source();
  const query = 'SELECT 1 AS id';
  const asked = [{ name: 'report', query, key: ['id'] }];
  expect(() => check(asked)).toThrow('tables.0.query: is not possible: this source runs no queries');
  const running = { ...source, capabilities: { ...source.capabilities, keys: true, queries: true } };
  expect(check(asked, running)).toEqual(asked);
  expect(() => check([{ name: 'public.*', query }], running)).toThrow('tables.0.query: makes one table: name it');
  expect(() => check([{ name: 'report', query, where: 'true' }], running)).toThrow(
    'tables.0.query: goes with name and key alone',
  );
  expect(() => check(['public.report', { name: 'report', query }], running)).toThrow(
    'tables.1.name: is that of another entry',
  );
  const never = () => checkUpdate({ tables: asked }, { source: running, snapshot: 'never' });
  expect(never).toThrow(`tables.0.query: is copied, and snapshot: 'never' copies nothing`);
});

it('a condition needs a source that filters rows, and one table', () => {
  const source = new MemoryLog().source();
  const tables = [{ name: 'public.users', where: 'id > 1' }];
  expect(() => check(tables)).toThrow('tables.0.where: is not possible: this source does not filter rows');
  expect(() => checkUpdate({ tables }, { source, snapshot: undefined })).toThrow('tables.0.where: is not possible');
  expect(check(tables, filtering(source))).toEqual(tables);
  expect(checkUpdate({ tables }, { source: filtering(source), snapshot: undefined })).toEqual({ tables });
  expect(() => check([{ name: 'public.*', where: 'id > 1' }], filtering(source))).toThrow(
    'tables.0.where: is a condition on one table: name it',
  );
});
