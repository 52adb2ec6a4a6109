import type { Relation, StructurePart } from '@millrace/core';

/** A table as it is at the target, and what of its source's structure it is to have. */
export interface StructuredTable {
  readonly relation: Relation;
  readonly parts: readonly StructurePart[];
}

/** The name of a part, or of the column that it belongs to; nothing for the table itself. */
export const nameOfPart = (part: StructurePart): string => ('name' in part ? part.name : (part.column ?? ''));
