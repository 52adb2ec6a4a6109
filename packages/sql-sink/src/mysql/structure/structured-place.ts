import type { Relation, StructurePart } from '@millrace/core';
import type { ServerVersion } from '@millrace/mysql-client';
import type { CatalogColumn } from '../evolve/catalog-column.ts';
import type { ExistingStructure } from './existing-structure.ts';

/** A table that is to get parts of its source's structure. */
export interface StructuredPlace {
  readonly source: Relation;
  readonly relation: Relation;
  /** As SQL. */
  readonly table: string;
  readonly existing: ExistingStructure;
  readonly server: ServerVersion;
}

export type Part<K extends StructurePart['kind']> = Extract<StructurePart, { kind: K }>;

export const columnNamed = ({ existing }: StructuredPlace, name: string): CatalogColumn | undefined =>
  existing.columns.find((column) => column.name === name);

/** Why something over a column that is not at the target cannot be made. */
export const columnMissing = (name: string): string => `the target has no column "${name}"`;
