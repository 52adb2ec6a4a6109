import type { Column, Relation } from '@millrace/core';
import type { WrittenForm } from './write-mode-options.ts';

/** A relation as its rows are written: columns of the sink's own stand behind those of the source. */
export interface WrittenRelation extends Relation {
  /** Absent: they are the rows of the source. */
  readonly form?: WrittenForm;
}

export const deletedAt = '_deleted_at';

const column = (name: string, type: Column['type'], native: string, nullable: boolean): Column => ({
  name,
  type,
  native,
  nullable,
  generated: false,
});

/** The columns that a form adds, in the order in which their values are given. */
const ownColumns: Readonly<Record<WrittenForm, readonly Column[]>> = {
  append: [],
  'soft-delete': [column(deletedAt, 'timestamptz', 'timestamp with time zone', true)],
  changelog: [
    column('_operation', 'text', 'text', false),
    column('_position', 'text', 'text', false),
    column('_sequence', 'bigint', 'bigint', false),
    column('_committed_at', 'timestamptz', 'timestamp with time zone', true),
    column('_unchanged', 'array', 'text[]', true),
    column('_before', 'json', 'jsonb', true),
  ],
};

/** The sink itself needs the column. */
export const isOwn = ({ form }: WrittenRelation, { name }: Column): boolean =>
  form !== undefined && ownColumns[form].some((column) => column.name === name);

/** The relation whose rows are written for changes of this one. */
export const writtenRelation = (relation: Relation, form: WrittenForm): WrittenRelation => {
  const { unique, ...rest } = relation;
  const own = ownColumns[form];
  if (form === 'soft-delete') return { ...relation, columns: [...relation.columns, ...own], form };
  // A change need not say the whole row, and a truncate says none.
  const columns = relation.columns.map((each) => (form === 'changelog' ? { ...each, nullable: true } : each));
  return { ...rest, columns: [...columns, ...own], key: null, identity: 'none', form };
};
