import type { Change } from '@millrace/core';
import { expect, it } from 'vitest';
import { relationOf, transaction } from '../testing/changes.ts';
import { planOf } from '../testing/plan-of.ts';
import { expectingRows } from './expected-rows.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { rowOperation } from './row-operation.ts';

const items = relationOf({ table: 'items', columns: ['id int4!', 'a text', 'b text'], key: ['id'] });
const plan = planOf(items);
const operations = ({ changes }: { readonly changes: readonly Change[] }) =>
  changes.map((change) => rowOperation(plan, change));

it('prepares each shape once, typed by the columns, and gives up the one used longest ago', () => {
  const prepared = new PreparedStatements(2);
  const sent: string[] = [];
  const names = operations(
    transaction()
      .insert(items, { id: 1, a: 'x', b: 'y' })
      .update(items, { id: 1, a: 'x' })
      .insert(items, { id: 2, a: null, b: 'y' })
      .update(items, { id: 1, b: 'x' })
      .update(items, { id: 1, a: 'x' }),
  ).map((operation) => prepared.nameOf(operation, (sql) => sent.push(sql)));
  expect(names).toEqual(['millrace_1', 'millrace_2', 'millrace_1', 'millrace_3', 'millrace_4']);
  const one = (statement: string) => expectingRows({ ctes: [], statement }, 1);
  expect(sent).toEqual([
    `PREPARE millrace_1 (pg_catalog.int4, pg_catalog.text, pg_catalog.text) AS ${one('INSERT INTO "public"."items" ("id", "a", "b") VALUES ($1, $2, $3)')}`,
    `PREPARE millrace_2 (pg_catalog.int4, pg_catalog.text) AS ${one('UPDATE ONLY "public"."items" SET "a" = $2 WHERE "id" = $1')}`,
    'DEALLOCATE millrace_2',
    `PREPARE millrace_3 (pg_catalog.int4, pg_catalog.text) AS ${one('UPDATE ONLY "public"."items" SET "b" = $2 WHERE "id" = $1')}`,
    'DEALLOCATE millrace_1',
    `PREPARE millrace_4 (pg_catalog.int4, pg_catalog.text) AS ${one('UPDATE ONLY "public"."items" SET "a" = $2 WHERE "id" = $1')}`,
  ]);
});
