import { expect, test } from 'vitest';
import type { SourceContext } from '../contracts/source.ts';
import type { ValidationItem, ValidationReport } from '../contracts/validation.ts';
import { copyingStream, until } from './copying-stream.test-support.ts';

const notCopyable: ValidationItem = {
  code: 'TABLE_NOT_COPYABLE',
  state: 'failed',
  level: 'error',
  path: 'snapshot',
  message: 'users has no key',
  fix: null,
};

test('a source that cannot copy a table says so before anything is made, and only if it will be copied', async () => {
  const { tables, create } = copyingStream();
  const source = {
    ...tables.source(),
    validate: async ({ copies }: SourceContext): Promise<ValidationReport> => ({
      items: copies === true ? [notCopyable] : [],
    }),
  };
  const refused = create({ source });
  await expect(refused.start()).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: { items: [{ code: 'TABLE_NOT_COPYABLE', path: 'snapshot' }] },
  });
  expect(tables.begun).toEqual([]);
  const following = create({ source, snapshot: 'never' });
  await following.start();
  await following.stop();
  // What follows already is not asked again.
  const later = create({ source });
  await later.start();
  await later.stop();
});

test('a table that left in the middle of its copy does not come back as if nothing had happened', async () => {
  const { tables, written, create, saved } = copyingStream();
  tables.gate = () => new Promise((resolve) => setTimeout(resolve, tables.read.length < 2 ? 0 : 50));
  const stream = create();
  await stream.start();
  await until(() => written.length > 0);
  await stream.stop();
  const without = create({ tables: ['orders'] });
  tables.log.tables = ['orders'];
  await without.start();
  await until(() => without.state.status === 'running' && without.state.snapshot === null);
  // Nobody waits for it, and changes of others are applied as they stand.
  tables.log.append({ table: 'orders', id: 1 });
  await until(() => written.some(({ op }) => op === 'insert'));
  expect(written.at(-1)).toEqual({ op: 'insert', id: 1, catchingUp: [] });
  await without.stop();
  expect((await saved())?.tables['public.users']).toMatchObject({ state: 'failed', ranges: [] });
  tables.log.tables = ['users', 'orders'];
  await expect(create().start()).rejects.toMatchObject({ code: 'COPY_ABANDONED', details: { table: 'public.users' } });
});

test('a live table that was taken out does not come back as if nothing had happened', async () => {
  const { tables, written, stream, saved } = copyingStream();
  await stream.start();
  await until(() => stream.state.status === 'running' && stream.state.snapshot === null);
  tables.log.tables = ['orders'];
  await stream.update({ tables: ['orders'] });
  tables.log.append({ table: 'users', id: 11 }, { table: 'orders', id: 1 });
  await until(() => written.some(({ op }) => op === 'insert'));
  expect((await saved())?.tables['public.users']).toMatchObject({ state: 'failed' });
  tables.log.tables = ['users', 'orders'];
  const abandoned = { code: 'COPY_ABANDONED', details: { table: 'public.users' } };
  await expect(stream.update({ tables: ['users', 'orders'] })).rejects.toMatchObject(abandoned);
  expect(stream.status).toBe('failed-permanently');
});

test('a snapshot that no source makes, and options that are none, are refused', () => {
  const { tables, create } = copyingStream();
  expect(() => create({ source: tables.log.source(), snapshot: 'only' })).toThrowError(/snapshot: cannot be 'only'/);
  expect(() => create({ snapshot: 'sometimes' })).toThrowError(/snapshot/);
  expect(() => create({ copy: { concurrency: 0 } })).toThrowError(/copy.concurrency/);
});

test('a table that is added where nothing can be copied beside the stream is followed from then on, and that is said', async () => {
  const { tables, written, create, stream } = copyingStream({ tables: ['users'] });
  tables.rows.orders = [1, 2];
  tables.log.tables = ['users'];
  await stream.start();
  await until(() => stream.state.status === 'running' && stream.state.snapshot === null);
  await expect(stream.backfill('users')).rejects.toMatchObject({ code: 'BACKFILL_NOT_POSSIBLE' });
  await stream.stop();
  tables.log.tables = ['users', 'orders'];
  const again = create({ tables: ['users', 'orders'] });
  const warnings: unknown[] = [];
  again.on('warning', ({ code, details }) => warnings.push([code, details.table]));
  await again.start();
  tables.log.append({ table: 'orders', id: 3 });
  await until(() => written.length === 11);
  expect(written[10]).toEqual({ op: 'insert', id: 3, catchingUp: [] });
  expect(warnings).toEqual([['TABLE_NOT_COPIED', 'public.orders']]);
  await again.stop();
});
