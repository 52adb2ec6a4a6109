import { describe, expect, it } from 'vitest';
import { AnsweringSource } from '../../testing/answering-source.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, items } from '../testing/apply-paths.ts';
import { catchingUp, replayingOver, rows } from './replaying.test-support.ts';

const { signal } = new AbortController();

describe.each(applyPaths())('rows that a replay reads again: $name', (path) => {
  const { opened, withItems } = replayingOver(path);

  it('sets what was sent where the row is there, and reads it again where it is not', async () => {
    const source = new AnsweringSource(items, { id: '2', code: 'b2', note: 'whole' });
    await using database = await withItems({ id: 1, code: 'a', note: 'long' });
    await using sink = await opened(database, source);
    const log = transaction('0/2')
      .update(items, { id: 1, code: 'a1' })
      .update(items, { id: 2, code: 'b1' })
      .update(items, { id: 2, code: 'b2' })
      .update(items, { id: 3, code: 'c' })
      .update(items, { id: 1 });
    await sink.replay(log.changes);
    expect(await rows(database)).toEqual([
      { id: 1, code: 'a1', note: 'long', extra: 'kept' },
      { id: 2, code: 'b2', note: 'whole', extra: 'new' },
    ]);
    expect(source.asked).toEqual([
      { table: 'public.items', key: '2', transactions: ['0/2'] },
      { table: 'public.items', key: '2', transactions: ['0/2'] },
      { table: 'public.items', key: '3', transactions: ['0/2'] },
    ]);
    expect(sink.events).toEqual([]);
  });

  it('rows that are missing are read together, once everything is visible that was replayed', async () => {
    const source = new AnsweringSource(items, { id: '2', code: 'b2', note: 'whole' });
    await using database = await withItems({ id: 1, code: 'a', note: 'long' });
    await using sink = await opened(database, source);
    const changes = [
      ...transaction('0/2').update(items, { id: 2, code: 'b1' }).changes,
      ...transaction('0/3').update(items, { id: 3, code: 'c' }).changes,
      // Meets nothing, and what is read again has seen it.
      ...transaction('0/4').delete(items, { id: 3 }).changes,
    ];
    await sink.replay(changes);
    expect(source.asked).toEqual([
      { table: 'public.items', key: '2', transactions: ['0/2', '0/3', '0/4'] },
      { table: 'public.items', key: '3', transactions: ['0/2', '0/3', '0/4'] },
    ]);
    expect(source.calls).toBe(1);
    expect((await rows(database)).map(({ id }) => id)).toEqual([1, 2]);
  });

  it('changes from before a column was there read the row again, in whatever shape it is now', async () => {
    const older = relationOf({ table: 'items', columns: ['id integer!', 'code text'], key: ['id'] });
    const source = new AnsweringSource(items, { id: '1', code: 'now', note: 'now' });
    await using database = await withItems({ id: 1, code: 'a', note: 'copied' }, { id: 2, code: 'b', note: 'copied' });
    await using sink = await opened(database, source);
    const log = transaction()
      .update(older, { id: 1, code: 'old' })
      .delete(older, { id: 2 })
      .insert(older, { id: 3, code: 'gone' })
      .insert(items, { id: 4, code: 'd', note: 'new' });
    await sink.replay(log.changes);
    expect((await rows(database)).map(({ id, code, note }) => ({ id, code, note }))).toEqual([
      { id: 1, code: 'now', note: 'now' },
      { id: 4, code: 'd', note: 'new' },
    ]);
    expect(source.asked.map(({ key }) => key)).toEqual(['1', '3']);
  });

  it('raises how far the table must catch up, with the group or the last part in which rows were read again', async () => {
    const source = new AnsweringSource(items, { id: '1', code: 'a', note: 'n' }, { id: '2', code: 'b', note: 'n' });
    await using database = await withItems();
    await using sink = await opened(database, source);
    const through = async () => (await sink.sink.readCheckpoint?.('test', signal))?.tables['public.items']?.through;
    await sink.replay(transaction().update(items, { id: 1, code: 'a' }).changes, '0/2');
    expect(await through()).toBe('0/5');
    await sink.saveTables({ 'public.items': { ...catchingUp, through: '0/5' } });
    await sink.replay(transaction().update(items, { id: 1, code: 'a' }).changes, '0/3');
    expect(await through()).toBe('0/5');
    source.through = '0/8';
    const large = transaction('0/6').update(items, { id: 2, code: 'b' }).update(items, { id: 2, code: 'b' });
    const tables = new Set(['public.items']);
    await sink.writePart(large.changes.slice(0, 1), large, undefined, tables);
    expect(await rows(database)).toHaveLength(1);
    await sink.writePart([], large, undefined, tables);
    await sink.replay(large.changes.slice(1), '0/6');
    expect(await through()).toBe('0/8');
    expect(await rows(database)).toHaveLength(2);
    // What was read for a transaction that is given up says nothing.
    source.through = '0/9';
    const given = transaction('0/7').delete(items, { id: 1 }).update(items, { id: 1, code: 'a' });
    await sink.writePart(given.changes, given, undefined, tables);
    await sink.sink.rollback();
    await sink.replay(transaction('0/7').delete(items, { id: 1 }).changes, '0/7', {
      'public.items': { ...catchingUp, through: '0/8' },
    });
    expect(await through()).toBe('0/8');
    expect((await rows(database)).map(({ id }) => id)).toEqual([2]);
  });
});
