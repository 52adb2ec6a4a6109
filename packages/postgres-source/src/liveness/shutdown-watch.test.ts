import { describe, expect, it } from 'vitest';
import { ShutdownWatch } from './shutdown-watch.ts';

describe('ShutdownWatch', () => {
  it('gives a server up that keeps asking for 10 s', () => {
    const watch = new ShutdownWatch();
    const answers = Array.from({ length: 11 }, (_, second) => watch.asked(second * 1_000));
    expect(answers.indexOf(true)).toBe(10);
  });

  it('does not count questions that are far apart', () => {
    const watch = new ShutdownWatch();
    for (let minute = 0; minute < 10; minute++) expect(watch.asked(minute * 60_000)).toBe(false);
  });
});
