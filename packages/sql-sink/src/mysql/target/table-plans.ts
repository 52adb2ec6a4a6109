import { qualifiedName, type Relation } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { MissingColumns } from '../../target/key-columns.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable, type TablePlan } from './table-plan.ts';

const sameShape = (one: Relation, other: Relation): boolean =>
  one === other || JSON.stringify({ ...one, version: 0 }) === JSON.stringify({ ...other, version: 0 });

/** The plans of one connection: made when a relation is first met, made anew when its shape changes. */
export class TablePlans {
  readonly #names: TargetNames;
  /** By relation object, as changes carry it; what it holds is bounded by the relations of one batch and `#current`. */
  #byRelation = new Map<Relation, TablePlan>();
  /** The newest plan of each table. */
  readonly #current = new Map<string, TablePlan>();
  readonly #missing: MissingColumns;
  #made = 0;

  constructor(names: TargetNames, missing: MissingColumns = 'error') {
    this.#names = names;
    this.#missing = missing;
  }

  /**
   * Makes sure that every relation of a batch has a plan. Checks new shapes against the target's catalog. `missing`: what is
   * made of columns that the target does not have, of relations that are not planned yet.
   */
  async load(
    session: ScriptSession,
    relations: readonly Relation[],
    signal: AbortSignal,
    missing: MissingColumns = this.#missing,
  ): Promise<void> {
    if (relations.every((relation) => this.#byRelation.has(relation))) return;
    const kept = new Map<Relation, TablePlan>();
    const unknown: Relation[] = [];
    for (const relation of relations) {
      const known = this.#byRelation.get(relation) ?? this.#current.get(qualifiedName(relation));
      if (known !== undefined && sameShape(known.source, relation)) kept.set(relation, known);
      else unknown.push(relation);
    }
    const named = unknown.map((relation) => this.#names.of(relation));
    const targets = named.length === 0 ? new Map() : await readTargetTables(session, named, signal);
    for (const relation of unknown) {
      const there = this.#names.of(relation);
      const plan = planTable(this.#made++, there, targets.get(qualifiedName(there)), missing, relation, session.server);
      kept.set(relation, plan);
      this.#current.set(qualifiedName(relation), plan);
    }
    for (const plan of this.#current.values()) kept.set(plan.source, plan);
    this.#byRelation = kept;
  }

  /** The target may have changed: every plan is made anew. */
  forget(): void {
    this.#byRelation.clear();
    this.#current.clear();
  }

  /** The plan of a relation that was loaded. */
  of(relation: Relation): TablePlan {
    const plan = this.#byRelation.get(relation);
    if (plan === undefined) throw new Error(`The batch does not list the relation of ${qualifiedName(relation)}`);
    return plan;
  }
}
