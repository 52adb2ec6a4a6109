import type { TargetRow } from '@millrace/testkit';

/** A change as a target has it that keeps events. */
export interface DeliveredEvent {
  readonly id: string;
  readonly table: string;
  readonly op: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** Applies events in the order they come, each once however often it comes: what its receiver would have. */
export class EventFold {
  readonly #seen = new Set<string>();
  readonly #tables = new Map<string, Map<string, TargetRow>>();

  take({ id, table, op, before, after }: DeliveredEvent): void {
    if (op !== 'read' && this.#seen.has(id)) return;
    this.#seen.add(id);
    const rows = this.#tables.get(table) ?? new Map<string, TargetRow>();
    this.#tables.set(table, rows);
    const former = String((before ?? after)?.id);
    const old = op === 'update' ? rows.get(former) : undefined;
    if (op === 'truncate') rows.clear();
    else rows.delete(former);
    if (after !== null) rows.set(String(after.id), { ...old, ...textsOf(after) });
  }

  rows(table: string): readonly TargetRow[] {
    return [...(this.#tables.get(table)?.values() ?? [])];
  }
}

const textsOf = (row: Readonly<Record<string, unknown>>): TargetRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]));
