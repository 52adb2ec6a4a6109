import type { Change } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { rowOperation } from '../../apply/row-operation.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { planOf, targetOf } from '../testing/plan-of.ts';
import { statementText } from './expected-rows.ts';
import type { InsertOperation } from './operations.ts';
import { insertStatement, moveStatement, plainStatement } from './statements.ts';

const items = relationOf({
  table: 'items',
  columns: ['id int4!', 'line int4!', 'note text', 'gone int4='],
  key: ['id', 'line'],
});
const plan = planOf(items);
const log = relationOf({ table: 'log', columns: ['a integer', 'b json', 'c text'], identity: 'full' });

const only = ({ changes }: { readonly changes: readonly Change[] }): Change => {
  const [change] = changes;
  if (change === undefined) throw new Error('no change');
  return change;
};
const parameters = () => {
  let count = 0;
  return () => `$${++count}`;
};
const sql = (from: typeof plan, made: { readonly changes: readonly Change[] }) => {
  const operation = rowOperation(from, only(made));
  return { text: statementText(plainStatement(operation, parameters())), values: operation.values };
};

describe('the statement of a change', () => {
  it('inserts every written column, but none that is computed', () => {
    expect(sql(plan, transaction().insert(items, { id: 1, line: 2, note: null, gone: 3 }))).toEqual({
      text: 'INSERT INTO "public"."items" ("id", "line", "note") VALUES ($1, $2, $3)',
      values: ['1', '2', null],
    });
  });

  it('inserts unless the key is there, for the path that wants to know', () => {
    const operation = rowOperation(plan, only(transaction().insert(items, { id: 1, line: 2, note: 'n' })));
    expect(statementText(insertStatement(operation as InsertOperation, parameters(), true))).toContain(
      'ON CONFLICT ("id", "line") DO NOTHING',
    );
  });

  it('updates by the key and sets only what was sent', () => {
    expect(sql(plan, transaction().update(items, { id: 1, line: 2, note: 'n' }))).toEqual({
      text: 'UPDATE ONLY "public"."items" SET "note" = $3 WHERE "id" = $1 AND "line" = $2',
      values: ['1', '2', 'n'],
    });
  });

  it('updates a changed key by the old one', () => {
    expect(sql(plan, transaction().update(items, { id: 1, line: 3 }, { id: 1, line: 2 }))).toEqual({
      text: 'UPDATE ONLY "public"."items" SET "line" = $3 WHERE "id" = $1 AND "line" = $2',
      values: ['1', '2', '3'],
    });
  });

  it('only looks for the row when nothing is set', () => {
    expect(sql(plan, transaction().update(items, { id: 1, line: 2 })).text).toBe(
      'SELECT 1 FROM ONLY "public"."items" WHERE "id" = $1 AND "line" = $2',
    );
  });

  it('finds one row without key by all columns that were sent', () => {
    expect(sql(planOf(log), transaction().delete(log, { a: 1, b: '[]', c: null }))).toEqual({
      text:
        'WITH one AS MATERIALIZED (SELECT tableoid AS t, ctid AS c FROM ONLY "public"."log" WHERE "a" = $1 AND ' +
        'CAST("b" AS text) = CAST(CAST($2 AS json) AS text) AND "c" IS NOT DISTINCT FROM NULL LIMIT 1) ' +
        'DELETE FROM ONLY "public"."log" WHERE ctid = (SELECT c FROM one) AND tableoid = (SELECT t FROM one)',
      values: ['1', '[]'],
    });
  });

  it('moves a row whose always generated key changes, and keeps what was not sent', () => {
    const target = targetOf(items);
    const columns = target.columns.map((column) => (column.name === 'id' ? { ...column, identity: 'a' } : column));
    const always = planOf(items, { ...target, columns });
    const update = only(transaction().update(items, { id: 5, line: 2 }, { id: 1, line: 2 }));
    const operation = rowOperation(always, update);
    if (operation.kind !== 'update') throw new Error('not an update');
    expect(plainStatement(operation, parameters())).toEqual(moveStatement(operation, parameters()));
    expect(statementText(moveStatement(operation, parameters()))).toBe(
      'WITH moved AS (DELETE FROM ONLY "public"."items" WHERE "id" = $1 AND "line" = $2 RETURNING *) ' +
        'INSERT INTO "public"."items" ("id", "line", "note") OVERRIDING SYSTEM VALUE ' +
        'SELECT CAST($3 AS pg_catalog.int4), "line", "note" FROM moved',
    );
    expect(sql(always, transaction().insert(items, { id: 1, line: 2, note: null })).text).toContain(
      'OVERRIDING SYSTEM VALUE',
    );
  });

  it('refuses a change that does not say which row it is about', () => {
    const none = relationOf({ table: 'log', columns: ['a integer'], identity: 'none' });
    expect(() => rowOperation(planOf(none), only(transaction().delete(none, {})))).toThrow(
      /neither a key nor the whole old row/,
    );
    expect(() => rowOperation(plan, only(transaction().delete(items, { id: 1 })))).toThrow(/key column "line"/);
  });
});
