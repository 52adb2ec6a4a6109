import { expect, test } from 'vitest';
import { GroupBoundary } from './group-boundary.ts';

test('one acts after another, in the order in which they came, and a failure is nobody else’s', async () => {
  const boundary = new GroupBoundary();
  const seen: string[] = [];
  const leave = await boundary.enter();
  const first = boundary.act(async () => {
    seen.push('first begins');
    await Promise.resolve();
    seen.push('first ends');
    throw new Error('first');
  });
  const second = boundary.act(async () => seen.push('second'));
  await Promise.resolve();
  expect(seen).toEqual([]);
  leave();
  await expect(first).rejects.toThrow('first');
  await second;
  expect(seen).toEqual(['first begins', 'first ends', 'second']);
});

test('after a failed write nobody has a turn any more', async () => {
  const boundary = new GroupBoundary();
  const error = new Error('write');
  const leave = await boundary.enter();
  const waiting = boundary.act(async () => 'acted');
  boundary.fail(error);
  leave();
  await expect(waiting).rejects.toBe(error);
  await expect(boundary.enter()).rejects.toBe(error);
  expect(boundary.hasFailedWith(error)).toBe(true);
});
