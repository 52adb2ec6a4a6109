import { sqlSinkError } from '../error-table.ts';

/** An insert met its row, and that is an error. */
export const insertConflict = (table: string) =>
  sqlSinkError('CONFLICT', `An insert into ${table} met a row with its key: somebody else writes there`, {
    hint: 'Remove the row at the target, or use the option `conflict: "overwrite"`.',
    details: { table },
  });

/** An update met no row. `isAllowed`: a row would have been inserted, if the log carried the whole of it. */
export const rowMissing = (table: string, isAllowed: boolean) =>
  sqlSinkError(
    'ROW_MISSING',
    isAllowed
      ? `An update of ${table} met no row at the target and does not carry the whole row`
      : `An update of ${table} met no row at the target`,
    {
      hint: 'Copy the table again, or use the option `missingRow: "skip"` to go on without the row.',
      details: { table },
    },
  );
