import type { Source } from '../contracts/source.ts';
import { qualified } from '../pipeline/table-selection.ts';

/** What keeps queries from being tables. */
export const queryProblems = (
  tables: unknown,
  source: Source | undefined,
  snapshot: unknown,
): readonly { readonly path: string; readonly message: string }[] => {
  if (!Array.isArray(tables)) return [];
  const names = tables.map((table) => qualified(String(table?.name ?? table), source?.defaultSchema));
  return tables.flatMap((table, index) => {
    if (table?.query === undefined) return [];
    const isTwice = names.filter((name) => name === names[index]).length > 1;
    return [
      ...(isTwice ? [{ path: `tables.${index}.name`, message: 'is that of another entry' }] : []),
      ...(snapshot === 'never'
        ? [{ path: `tables.${index}.query`, message: `is copied, and snapshot: 'never' copies nothing` }]
        : []),
    ];
  });
};
