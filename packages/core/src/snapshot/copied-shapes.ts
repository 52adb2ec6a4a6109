import type { Chunk } from '../contracts/source.ts';
import { coreError } from '../errors/core-errors.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import { columnChanges, shapeOf } from '../schema/table-shape.ts';

/** The shapes of tables while they are copied: all rows of a table are copied in one. */
export class CopiedShapes {
  readonly #relations: Map<string, Relation>;
  /** Tables that were found to have another one. */
  readonly #changed = new Map<string, Relation>();

  /** The captured tables, by qualified name, as they are copied; a table that starts over in another shape is put there. */
  constructor(relations: Map<string, Relation>) {
    this.#relations = relations;
  }

  get(table: string): Relation | undefined {
    return this.#relations.get(table);
  }

  /** Throws `COPY_OUTDATED` for rows of another shape: those that were copied before would lack what is new. */
  check({ relation }: Chunk): void {
    const table = qualifiedName(relation);
    const copied = this.#relations.get(table);
    if (copied === undefined || copied === relation || columnChanges(shapeOf(copied), relation).length === 0) return;
    this.#changed.set(table, relation);
    throw coreError('COPY_OUTDATED', `${table} has got other columns while it was copied`, { details: { table } });
  }

  /** The copy of a table starts over. Returns what has changed; `null`: nothing that was seen. */
  startOver(table: string) {
    const relation = this.#changed.get(table);
    const before = this.#relations.get(table);
    if (relation === undefined || before === undefined) return null;
    this.#changed.delete(table);
    this.#relations.set(table, relation);
    return { relation, columns: columnChanges(shapeOf(before), relation) };
  }
}
