import { describe, expect, it } from 'vitest';
import { relationOf } from '../../testing/changes.ts';
import { planOf, targetOf } from '../testing/plan-of.ts';
import { StagingTables } from './staging-tables.ts';

const relation = relationOf({ table: 'items', columns: ['id integer!', 'code text', 'note text'], key: ['id'] });
const plan = planOf(relation);
const other = { ...plan, id: plan.id + 1 };

/** Takes a table and returns its name with what has to run before it is filled. */
const take = (tables: StagingTables, of = plan, columns = of.columns) => {
  const prepared: string[] = [];
  const name = tables.take(of, columns, (sql) => prepared.push(sql));
  return { name, prepared };
};

describe('StagingTables', () => {
  it('makes a table with the target types of its columns, emptied at the end of every transaction', () => {
    const target = targetOf(relation);
    const columns = target.columns.map((column) => ({ ...column, type: `${column.type}(7)` }));
    const { name, prepared } = take(new StagingTables(1), planOf(relation, { ...target, columns }));
    expect(name).toBe('pg_temp.millrace_1');
    expect(prepared).toEqual([
      'CREATE TEMPORARY TABLE pg_temp.millrace_1 ("id" integer(7), "code" text(7), "note" text(7)) ON COMMIT DELETE ROWS',
    ]);
  });

  it('gives the same table to the same plan and columns, and others to others', () => {
    const tables = new StagingTables(10);
    expect(take(tables).name).toBe('pg_temp.millrace_1');
    expect(take(tables, plan, plan.columns.slice(0, 2)).name).toBe('pg_temp.millrace_2');
    expect(take(tables, other).name).toBe('pg_temp.millrace_3');
    tables.emptied();
    expect(take(tables)).toEqual({ name: 'pg_temp.millrace_1', prepared: [] });
  });

  it('empties a table that was used in the same transaction', () => {
    const tables = new StagingTables(10);
    take(tables);
    expect(take(tables).prepared).toEqual(['TRUNCATE pg_temp.millrace_1']);
    tables.emptied();
    expect(take(tables).prepared).toEqual([]);
    expect(take(tables).prepared).toEqual(['TRUNCATE pg_temp.millrace_1']);
  });

  it('has none left while all are in use', () => {
    const tables = new StagingTables(1);
    take(tables);
    expect(take(tables, other)).toEqual({ name: null, prepared: [] });
    tables.emptied();
    expect(take(tables, other)).toMatchObject({
      name: 'pg_temp.millrace_2',
      prepared: ['DROP TABLE pg_temp.millrace_1', expect.stringContaining('millrace_2')],
    });
  });

  it('drops the one that was used longest ago', () => {
    const tables = new StagingTables(2);
    take(tables);
    take(tables, other);
    tables.emptied();
    take(tables);
    tables.emptied();
    expect(take(tables, { ...plan, id: 99 }).prepared[0]).toBe('DROP TABLE pg_temp.millrace_2');
  });

  it('never drops one that holds rows of the transaction', () => {
    const tables = new StagingTables(2);
    take(tables);
    tables.emptied();
    take(tables, other);
    expect(take(tables, { ...plan, id: 98 }).prepared[0]).toBe('DROP TABLE pg_temp.millrace_1');
    expect(take(tables, { ...plan, id: 99 }).name).toBeNull();
  });

  it('makes all anew, under new names, when they were discarded', () => {
    const tables = new StagingTables(1);
    take(tables);
    tables.clear();
    expect(take(tables)).toMatchObject({ name: 'pg_temp.millrace_2', prepared: [expect.stringContaining('CREATE')] });
  });

  it('gives none where there may be none', () => {
    expect(take(new StagingTables(0)).name).toBeNull();
  });
});
