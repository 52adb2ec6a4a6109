import type { Change, Operation } from '../model/change.ts';
import {
  type EncodedRow,
  type IndexedChanges,
  noValue,
  type ValuePlaces,
  valuePlaces,
} from '../model/indexed-changes.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import { ProjectedRow, type Projection } from './projected-row.ts';

type ProjectionOf = (relation: Relation) => Projection | null;

export const projectedChange = (change: Change, projectionOf: ProjectionOf): Change => {
  const projection = projectionOf(change.relation);
  if (projection === null) return change;
  const { op, table, transaction, sequence, image } = change;
  const { before, after } = image;
  return createChange({
    op,
    table,
    relation: projection.relation,
    transaction,
    sequence,
    before: before && new ProjectedRow(projection, before),
    after: after && new ProjectedRow(projection, after),
  });
};

/** Changes of which columns are left out or masked, when they are asked for: the values stay where they lie. */
export class ProjectedChanges implements Iterable<Change>, IndexedChanges {
  readonly length: number;
  readonly areWhole: boolean;
  readonly #changes: IndexedChanges;
  readonly #projectionOf: ProjectionOf;
  readonly #sent: ValuePlaces = valuePlaces();

  constructor(changes: IndexedChanges, projectionOf: ProjectionOf) {
    this.length = changes.length;
    this.areWhole = changes.areWhole;
    this.#changes = changes;
    this.#projectionOf = projectionOf;
  }

  get indexed(): IndexedChanges {
    return this;
  }

  operation(index: number): Operation | 'read' {
    return this.#changes.operation(index);
  }

  relation(index: number): Relation {
    const relation = this.#changes.relation(index);
    return this.#projectionOf(relation)?.relation ?? relation;
  }

  hasBefore(index: number): boolean {
    return this.#changes.hasBefore(index);
  }

  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean {
    const projection = this.#projectionOf(this.#changes.relation(index));
    if (projection === null) return this.#changes.place(index, image, places);
    const sent = this.#sent;
    if (projection.isMasked || !this.#changes.place(index, image, sent)) return false;
    places.bytes = sent.bytes;
    places.wire = sent.wire;
    for (const [column, place] of projection.places.entries()) {
      places.starts[column] = sent.starts[place] ?? noValue.absent;
      places.ends[column] = sent.ends[place] ?? 0;
    }
    return true;
  }

  placeEncoded(index: number, place: EncodedRow): boolean {
    return this.#projectionOf(this.#changes.relation(index)) === null && this.#changes.placeEncoded(index, place);
  }

  at(index: number): Change {
    return projectedChange(this.#changes.at(index), this.#projectionOf);
  }

  *[Symbol.iterator](): Generator<Change, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}
