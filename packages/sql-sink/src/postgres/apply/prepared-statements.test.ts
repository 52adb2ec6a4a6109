import { expect, it } from 'vitest';
import { PreparedStatements } from './prepared-statements.ts';

it('prepares each shape once, with its types, and gives up the one used longest ago', () => {
  const prepared = new PreparedStatements(2);
  const sent: string[] = [];
  const name = (shape: string, types: readonly string[] = ['int4', 'text']) =>
    prepared.nameOf(
      shape,
      (parameter) => `SELECT '${shape}' ${types.map(parameter).join()}`.trim(),
      (sql) => sent.push(sql),
    );
  expect(['a', 'b', 'a', 'c', 'b'].map((shape) => name(shape))).toEqual([
    'millrace_1',
    'millrace_2',
    'millrace_1',
    'millrace_3',
    'millrace_4',
  ]);
  expect(sent).toEqual([
    "PREPARE millrace_1 (int4, text) AS SELECT 'a' $1,$2",
    "PREPARE millrace_2 (int4, text) AS SELECT 'b' $1,$2",
    'DEALLOCATE millrace_2',
    "PREPARE millrace_3 (int4, text) AS SELECT 'c' $1,$2",
    'DEALLOCATE millrace_1',
    "PREPARE millrace_4 (int4, text) AS SELECT 'b' $1,$2",
  ]);
  prepared.clear();
  sent.length = 0;
  name('b', []);
  expect(sent).toEqual(["PREPARE millrace_5 AS SELECT 'b'"]);
});
