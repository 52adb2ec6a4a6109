import type { Relation, StructurePart } from '@millrace/core';

/** A part of a table's structure, under the names of its columns at the target. */
export interface NamedPart {
  readonly part: StructurePart;
  /** What the part says in SQL may be of columns that have other names at the target. */
  readonly isSqlOutdated: boolean;
}

/** A table as it is at the source and at the target, and what of its source's structure it is to have. */
export interface StructuredTable {
  readonly source: Relation;
  readonly relation: Relation;
  readonly parts: readonly NamedPart[];
}

/** The name of a part, or of the column that it belongs to; nothing for the table itself. */
export const nameOfPart = (part: StructurePart): string => ('name' in part ? part.name : (part.column ?? ''));
