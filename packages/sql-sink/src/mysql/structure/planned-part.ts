import type { StructureWarning } from '@millrace/core';

export interface StructureStatement {
  readonly kind: string;
  readonly sql: string;
}

/** How the target gets one part of a table's structure, and what is to be said about it. */
export interface PlannedPart {
  /** `null`: it has it, or is not to get it. */
  readonly statement: StructureStatement | null;
  /** Gives a row where the server would take the statement although rows are there that it forbids; `null`: it looks itself. */
  readonly probe: string | null;
  readonly warning: Pick<StructureWarning, 'code' | 'reason'> | null;
}

export const nothing: PlannedPart = { statement: null, probe: null, warning: null };

export const run = (kind: string, sql: string, probe: string | null = null): PlannedPart => ({
  statement: { kind, sql },
  probe,
  warning: null,
});

export const notMade = (reason: string): PlannedPart => ({
  ...nothing,
  warning: { code: 'STRUCTURE_NOT_MADE', reason },
});

export const differing = (planned: PlannedPart, reasons: readonly string[]): PlannedPart =>
  reasons.length === 0 ? planned : { ...planned, warning: { code: 'STRUCTURE_DIFFERS', reason: reasons.join('; ') } };
