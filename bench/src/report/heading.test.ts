import { expect, it } from 'vitest';
import type { Machine } from '../measure/machine.ts';
import { heading } from './heading.ts';

const machine: Machine = {
  cores: 2,
  processor: 'Fast',
  memoryBytes: 1,
  system: 'linux x64',
  node: 'v20.19.0',
  load: 0.1,
  postgres: { version: '18.4', optimisation: '-Os' },
  syncMilliseconds: 0.02,
  settings: {},
  commit: 'abc',
  changed: false,
};

it('says what the figures depend on', () => {
  expect(heading(machine, 3, 1)).toEqual([
    'Fast, 2 cores; Node.js v20.19.0; PostgreSQL 18.4 compiled with -Os',
    'fdatasync of a page: 0.020 ms',
    'runs: 3; commit abc',
  ]);
});

it('warns of small sizes, changes and other work', () => {
  const lines = heading({ ...machine, changed: true, load: 1.5 }, 1, 0.1);
  expect(lines[2]).toBe('runs: 1, 0.1 of every size; commit abc with changes');
  expect(lines[3]).toContain('Load average 1.50');
});
