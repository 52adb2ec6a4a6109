import { expect, test } from 'vitest';
import type { ColumnChange } from '../model/schema-change.ts';
import { relationOf } from './relation.test-support.ts';
import { mayLeaveOut, type SchemaChangesOption } from './schema-policy.ts';
import { tableEvolutions } from './table-evolution.ts';

const relation = relationOf(['id int', 'b int']);
const [, column = { name: '', type: 'other', native: '', nullable: null, generated: false }] = relation.columns;
const changes: readonly ColumnChange[] = [
  { kind: 'drop-column', name: 'a' },
  { kind: 'add-column', column, fill: '1' },
  { kind: 'alter-column-type', column, from: 'text' },
  { kind: 'rename-column', name: 'b', from: 'c' },
];
const steps = (schemaChanges: SchemaChangesOption) =>
  tableEvolutions(relation, changes, { schemaChanges, added: new Map() })
    .flatMap((evolution) => evolution.steps)
    .map(({ kind, otherwise }) => `${kind} or ${otherwise}`);

test('every behavior has its steps', () => {
  const others = ['add-column or fail', 'alter-column-type or fail', 'rename-column or fail'];
  expect(steps('lenient')).toEqual(['keep-column or fail', ...others]);
  expect(steps('evolve')).toEqual(['drop-column or fail', ...others]);
  expect(steps('try-evolve')).toEqual(['drop-column or skip', ...others.map((step) => step.replace('fail', 'skip'))]);
  expect(steps('ignore')).toEqual([]);
  expect(() => steps('exception')).toThrow(expect.objectContaining({ code: 'SCHEMA_CHANGED' }));
});

test('a kind may have a behavior of its own', () => {
  expect(steps({ default: 'ignore', 'add-column': 'try-evolve' })).toEqual(['add-column or skip']);
  expect(steps({ 'alter-column-type': 'ignore' })).toEqual([
    'keep-column or fail',
    'add-column or fail',
    'rename-column or fail',
  ]);
  expect(() => steps({ 'drop-column': 'exception' })).toThrow('column "a" dropped');
});

test('columns are left out only where a behavior may leave them out', () => {
  expect(mayLeaveOut('lenient')).toBe(false);
  expect(mayLeaveOut({ 'drop-column': 'ignore' })).toBe(false);
  expect(mayLeaveOut({ 'add-column': 'ignore' })).toBe(true);
  expect(mayLeaveOut('try-evolve')).toBe(true);
});
