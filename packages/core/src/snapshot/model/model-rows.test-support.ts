import { decodedRow } from '../../model/decoded-row.ts';
import type { Relation } from '../../model/relation.ts';
import type { RowImage } from '../../model/row-image.ts';

/** A row: `label` is unique, `text` lies out of line, so that updates which leave it alone do not say it. */
export interface ModelRow {
  readonly id: number;
  readonly label: number | null;
  readonly count: number;
  readonly text: number;
}

export type ModelTable = Map<number, ModelRow>;

const columnNames = ['id', 'label', 'count', 'text'] as const;

const relations = new Map<string, Relation>();

/** Of a table named `public.x`. */
export const relationOf = (table: string): Relation => {
  let relation = relations.get(table);
  if (relation === undefined) {
    const [schema = '', name = ''] = table.split('.');
    const columns = columnNames.map(
      (column) => ({ name: column, type: 'int', native: 'integer', nullable: true, generated: false }) as const,
    );
    relation = { schema, table: name, version: 1, columns, key: [0], identity: 'key' };
    relations.set(table, relation);
  }
  return relation;
};

export const imageOf = (table: string, row: Partial<ModelRow>): RowImage => decodedRow(relationOf(table), { ...row });

export const rowOf = (image: RowImage): ModelRow => image.toObject() as unknown as ModelRow;

/** To compare tables by. */
export const textOf = (table: ReadonlyMap<number, ModelRow>): string =>
  [...table.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id, label, count, text }) => `${id}:${label}/${count}/${text}`)
    .join(' ');
