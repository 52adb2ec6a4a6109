import { qualifiedName, type Relation } from '@millrace/core';
import type { MissingColumns } from './key-columns.ts';
import type { TargetNames } from './target-names.ts';
import type { WrittenPlan } from './written-plan.ts';

const sameShape = (one: Relation, other: Relation): boolean =>
  one === other || JSON.stringify({ ...one, version: 0 }) === JSON.stringify({ ...other, version: 0 });

/** How a kind of target is planned for. */
export interface Planner<Session, Table, P extends WrittenPlan> {
  /** The tables that are there, by qualified name. `relations`: as they are named at the target. */
  read(session: Session, relations: readonly Relation[], signal: AbortSignal): Promise<ReadonlyMap<string, Table>>;
  /** Throws where the target does not fit. */
  plan(
    id: number,
    named: Relation,
    target: Table | undefined,
    missing: MissingColumns,
    source: Relation,
    session: Session,
  ): P;
}

/** The plans of one connection: made when a relation is first met, made anew when its shape changes. */
export class Plans<Session, Table, P extends WrittenPlan> {
  readonly #names: TargetNames;
  readonly #planner: Planner<Session, Table, P>;
  readonly #missing: MissingColumns;
  /** By relation object, as changes carry it; what it holds is bounded by the relations of one batch and `#current`. */
  #byRelation = new Map<Relation, P>();
  /** The newest plan of each table. */
  readonly #current = new Map<string, P>();
  #made = 0;

  constructor(names: TargetNames, planner: Planner<Session, Table, P>, missing: MissingColumns = 'error') {
    this.#names = names;
    this.#planner = planner;
    this.#missing = missing;
  }

  /**
   * Makes sure that every relation of a batch has a plan. Checks new shapes against the target's catalog. `missing`: what is
   * made of columns that the target does not have, of relations that are not planned yet.
   */
  async load(
    session: Session,
    relations: readonly Relation[],
    signal: AbortSignal,
    missing: MissingColumns = this.#missing,
  ): Promise<void> {
    if (relations.every((relation) => this.#byRelation.has(relation))) return;
    const kept = new Map<Relation, P>();
    const unknown: Relation[] = [];
    for (const relation of relations) {
      const known = this.#byRelation.get(relation) ?? this.#current.get(qualifiedName(relation));
      if (known !== undefined && sameShape(known.source, relation)) kept.set(relation, known);
      else unknown.push(relation);
    }
    const named = unknown.map((relation) => this.#names.of(relation));
    const targets = named.length === 0 ? null : await this.#planner.read(session, named, signal);
    for (const relation of unknown) {
      const there = this.#names.of(relation);
      const target = targets?.get(qualifiedName(there));
      const plan = this.#planner.plan(this.#made++, there, target, missing, relation, session);
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
  of(relation: Relation): P {
    const plan = this.#byRelation.get(relation);
    if (plan === undefined) throw new Error(`The batch does not list the relation of ${qualifiedName(relation)}`);
    return plan;
  }
}
