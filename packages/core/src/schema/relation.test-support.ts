import type { Column, Relation } from '../model/relation.ts';

/** A table `public.t`. Columns are written as `name type`, with `=` behind those that the source computes. */
export const relationOf = (columns: readonly string[], key: readonly number[] | null = [0]): Relation => ({
  schema: 'public',
  table: 't',
  version: 1,
  columns: columns.map((text): Column => {
    const [, name = '', native = '', generated] = /^(\S+) (.*?)(=?)$/.exec(text) ?? [];
    return { name, type: 'other', native, nullable: null, generated: generated === '=' };
  }),
  key,
  identity: 'key',
});
