import { expect, test } from 'vitest';
import { StallWatch, type StatementState } from './stall-watch.ts';

/** What the watch makes of a wait that only `giveUp` ends, when it is told these states in turn. */
const verdictOn = (...states: readonly StatementState[]): Promise<string> => {
  let asked = 0;
  return new Promise((resolve, reject) => {
    const watch = new StallWatch({
      every: 1,
      ask: async () => states[asked++] ?? 'working',
      giveUp: (reason) => reject(new Error(reason)),
    });
    void watch.during(
      () => 0,
      async () => {
        while (asked < states.length + 3) await new Promise((next) => setTimeout(next, 1));
        resolve('still waiting');
      },
    );
  });
};

test('a server at work is waited for, however long', async () => {
  expect(await verdictOn('working', 'working', 'working', 'working')).toBe('still waiting');
});

test('one idle look may be an answer on its way; two are an answer that got lost', async () => {
  expect(await verdictOn('waiting', 'working', 'waiting')).toBe('still waiting');
  await expect(verdictOn('waiting', 'waiting')).rejects.toThrow('something got lost');
});

test('a server that cannot be asked three times in a row is out of reach', async () => {
  expect(await verdictOn('unknown', 'unknown', 'working', 'unknown')).toBe('still waiting');
  await expect(verdictOn('unknown', 'unknown', 'unknown')).rejects.toThrow('out of reach');
});

test('a message that may still be on its way is not taken for answered', async () => {
  const asked: number[] = [];
  const watch = new StallWatch({
    every: 1,
    ask: async () => (asked.push(1) > 0 ? 'waiting' : 'unknown'),
    giveUp: () => {},
  });
  await watch.during(
    () => 10_000,
    () => new Promise((resolve) => setTimeout(resolve, 30)),
  );
  expect(asked).toEqual([]);
});
