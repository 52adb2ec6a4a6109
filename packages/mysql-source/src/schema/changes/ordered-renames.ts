import { qualifiedName } from '@millrace/core';
import type { SchemaEffect } from '../schema-effect.ts';

export type Rename = Extract<SchemaEffect, { kind: 'table-renamed' }>;

/** The renames of one statement in an order in which each new name is free, and those that have none: they go in a circle. */
export const orderedRenames = (
  renames: readonly Rename[],
): { readonly ordered: readonly Rename[]; readonly circles: readonly Rename[] } => {
  const ordered: Rename[] = [];
  let left = renames;
  for (;;) {
    const taken = new Set(left.map(({ before }) => qualifiedName(before)));
    const free = left.filter(({ after }) => !taken.has(qualifiedName(after)));
    if (free.length === 0) return { ordered, circles: left };
    ordered.push(...free);
    left = left.filter((rename) => !free.includes(rename));
  }
};
