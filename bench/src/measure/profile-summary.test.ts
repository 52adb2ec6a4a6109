import { expect, it } from 'vitest';
import { selfTimes } from './profile-summary.ts';

const node = (id: number, functionName: string, url = '') => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

it('adds up the time of a function wherever it was called from, without idle time', () => {
  const profile = {
    nodes: [
      node(1, 'decode', 'file:///p/core/dist/index.js'),
      node(2, '(idle)'),
      node(3, 'decode', 'file:///p/core/dist/index.js'),
      node(4, ''),
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [1_000, 50_000, 2_000, 1_000],
  };
  expect(selfTimes(profile, 2)).toEqual([
    { name: 'decode core/dist/index.js:10', milliseconds: 3, share: 0.75 },
    { name: '(anonymous)', milliseconds: 1, share: 0.25 },
  ]);
});
