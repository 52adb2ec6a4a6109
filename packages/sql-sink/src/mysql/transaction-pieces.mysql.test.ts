import { changeBatch, type SinkBatch, type TableEvolution } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase } from '../../../../test/harness/index.ts';
import { relationOf, transaction } from '../testing/changes.ts';
import { applyPaths, openSink } from './testing/apply-paths.ts';

const { signal } = new AbortController();

const before = relationOf({ table: 'items', columns: ['id integer!', 'code text', 'gone text'], key: ['id'] });
const behind = relationOf({ table: 'items', columns: ['id integer!', 'label text'], key: ['id'] });
const evolutions: readonly TableEvolution[] = [
  {
    relation: behind,
    steps: [
      { kind: 'rename-column', from: 'code', name: 'label', otherwise: 'fail' },
      { kind: 'drop-column', name: 'gone', otherwise: 'fail' },
    ],
  },
];

describe.each(applyPaths())('a transaction that changes its tables, at $name', (path) => {
  it('goes on behind the change when the connection breaks there', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY, code varchar(20), gone varchar(20))');
    await using sink = await openSink(database, path);
    const whole = transaction()
      .insert(before, { id: 1, code: 'a', gone: 'x' })
      .insert(behind, { id: 2, label: 'b' })
      .update(behind, { id: 1, label: 'c' });
    const part = (from: number, to: number): SinkBatch => ({
      ...changeBatch(whole.changes.slice(from, to), { position: null, transaction: whole }),
      checkpoint: null,
    });
    const writeParts = async () => {
      await sink.sink.write(part(0, 1), signal);
      await sink.sink.write({ ...part(1, 2), evolutions }, signal);
    };
    await writeParts();
    await sink.reopen();
    expect(await database.query('SELECT * FROM items')).toEqual([{ id: 1, label: 'a' }]);
    await writeParts();
    await sink.write(whole.changes.slice(2));
    expect(await database.query('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 1, label: 'c' },
      { id: 2, label: 'b' },
    ]);
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
  });
});
