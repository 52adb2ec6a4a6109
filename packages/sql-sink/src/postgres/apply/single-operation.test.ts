import type { Change } from '@millrace/core';
import { expect, it } from 'vitest';
import { rowOperation } from '../../apply/row-operation.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { planOf } from '../testing/plan-of.ts';
import type { BulkContext } from './bulk-context.ts';
import { expectingRows } from './expected-rows.ts';
import type { Message } from './message.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { addSingleOperation } from './single-operation.ts';

const items = relationOf({ table: 'items', columns: ['id int4!', 'a text', 'b text'], key: ['id'] });
const plan = planOf(items);

it('prepares a statement for each kind of operation and set of columns, typed by them', () => {
  const sent: string[] = [];
  const message = { add: (sql: string) => sent.push(sql) } satisfies Pick<Message, 'add'>;
  const context = { message, prepared: new PreparedStatements(9) } as unknown as BulkContext;
  const apply = ({ changes }: { readonly changes: readonly Change[] }) => {
    for (const change of changes) addSingleOperation(context, rowOperation(plan, change));
  };
  apply(
    transaction()
      .insert(items, { id: 1, a: 'x', b: 'y' })
      .update(items, { id: 1, a: 'x' })
      .insert(items, { id: 2, a: null, b: 'y' }),
  );
  const one = (statement: string) => expectingRows({ ctes: [], statement }, 1);
  expect(sent).toEqual([
    `PREPARE millrace_1 (pg_catalog.int4, pg_catalog.text, pg_catalog.text) AS ${one('INSERT INTO "public"."items" ("id", "a", "b") VALUES ($1, $2, $3)')}`,
    "EXECUTE millrace_1 ('1', 'x', 'y')",
    `PREPARE millrace_2 (pg_catalog.int4, pg_catalog.text) AS ${one('UPDATE ONLY "public"."items" SET "a" = $2 WHERE "id" = $1')}`,
    "EXECUTE millrace_2 ('1', 'x')",
    "EXECUTE millrace_1 ('2', NULL, 'y')",
  ]);
});
