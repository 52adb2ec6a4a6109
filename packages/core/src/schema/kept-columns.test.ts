import { expect, test } from 'vitest';
import type { ColumnChange } from '../model/schema-change.ts';
import { keptBeside, keptColumns, settingKeptAside } from './kept-columns.ts';
import { relationOf } from './relation.test-support.ts';

const drop = { kind: 'drop-column', name: 'a' } as const;
const rename = { kind: 'rename-column', from: 'a', name: 'b' } as const;
const add = relationOf(['a int']).columns.map((column): ColumnChange => ({ kind: 'add-column', column, fill: null }));

test.each([
  ['evolve', [drop], []],
  ['lenient', [drop], ['a']],
  ['ignore', [drop], ['a']],
  ['try-evolve', [drop], ['a']],
  ['lenient', [rename], []],
  ['try-evolve', [rename], ['a']],
  ['ignore', [rename], ['a']],
  ['lenient', [drop, ...add], []],
] as const)('%s: what the target may still have after a change', (option, columns, kept) => {
  expect(keptColumns([], columns, option)).toEqual(kept);
});

test('what comes back is not kept any more, what was kept before is', () => {
  expect(keptColumns(['a', 'c'], add, 'lenient')).toEqual(['c']);
});

test('the kept column makes room for the other one', () => {
  const relation = relationOf(['a int']);
  const steps = add.map((each) => ({ ...each, otherwise: 'skip' as const }));
  const { steps: replacing } = settingKeptAside({ relation, steps }, ['a']);
  expect(replacing).toEqual([{ kind: 'set-aside-column', name: 'a', otherwise: 'skip' }, ...steps]);
  expect(settingKeptAside({ relation, steps }, ['b']).steps).toEqual(steps);
});

test('what a side stream has made its table lose may be there, too', () => {
  const before = { shape: { id: 'int', a: 'int' }, kept: ['b', 'c'] };
  const copied = { shape: { id: 'int', b: 'int' }, kept: ['d'] };
  expect(keptBeside(before, copied)).toEqual({ kept: ['c', 'd', 'a'] });
  expect(keptBeside({ shape: { id: 'int' } }, {})).toEqual({});
});
