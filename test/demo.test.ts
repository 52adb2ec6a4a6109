import { expect, test } from 'vitest';
import { compareRows } from '../examples/demo/src/compare.ts';
import { demoOptions } from '../examples/demo/src/demo-options.ts';

test('the demo runs from PostgreSQL to PostgreSQL unless told', () => {
  expect(demoOptions([])).toEqual({ source: 'postgres', target: 'postgres', schema: false });
});

test.each(['postgres', 'mysql', 'mariadb'] as const)('the demo takes %s as either end', (kind) => {
  expect(demoOptions(['--', '--source', kind])).toMatchObject({ source: kind, target: 'postgres' });
  expect(demoOptions([`--target=${kind}`])).toEqual({ source: 'postgres', target: kind, schema: false });
});

test.each(['source', 'target'])('the demo says what --%s can be', (option) => {
  expect(() => demoOptions([`--${option}`, 'oracle'])).toThrow(
    `--${option} is one of postgres, mysql, mariadb, not "oracle"`,
  );
});

test('the demo changes the schema from PostgreSQL to PostgreSQL only', () => {
  expect(demoOptions(['--schema'])).toMatchObject({ schema: true });
  for (const option of ['--source', '--target'])
    expect(() => demoOptions(['--schema', option, 'mysql'])).toThrow('--schema is for --source postgres');
});

async function* rows(...texts: readonly (readonly [id: number, text: string])[]) {
  for (const [id, text] of texts) yield { id, text };
}

test.each([
  ['equal', rows([1, 'a'], [2, 'b']), rows([1, 'a'], [2, 'b']), { rows: 2, different: 0 }],
  ['another value', rows([1, 'a'], [2, 'b']), rows([1, 'x'], [2, 'b']), { rows: 1, different: 1 }],
  ['rows missing at the target', rows([1, 'a'], [2, 'b'], [3, 'c']), rows([2, 'b']), { rows: 1, different: 2 }],
  ['rows missing at the source', rows([2, 'b']), rows([1, 'a'], [2, 'b'], [3, 'c']), { rows: 1, different: 2 }],
  ['nothing at the target', rows([1, 'a']), rows(), { rows: 0, different: 1 }],
])('the demo compares rows: %s', async (_, source, target, comparison) => {
  expect(await compareRows(source, target)).toEqual(comparison);
});
