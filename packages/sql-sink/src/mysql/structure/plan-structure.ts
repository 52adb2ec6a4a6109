import { qualifiedName, type StructurePart, type StructureWarning } from '@millrace/core';
import { quoteIdentifier, quoteQualified, type ServerVersion } from '@millrace/mysql-client';
import { type NamedPart, nameOfPart, type StructuredTable } from '../../structure/structured-table.ts';
import type { ExistingStructure } from './existing-structure.ts';
import { foreignKeyStatement } from './foreign-key-statement.ts';
import { indexStatement } from './index-statement.ts';
import { nothing, notMade, type PlannedPart, run, type StructureStatement } from './planned-part.ts';
import type { Part, StructuredPlace } from './structured-place.ts';
import { commentStatement, defaultStatement, identityStatement } from './value-statement.ts';

/** A statement that makes one part. */
export interface StructureTask extends StructureStatement {
  readonly table: string;
  readonly part: StructurePart['kind'];
  readonly name: string;
  readonly probe: string | null;
}

export interface StructurePlan {
  readonly tasks: readonly StructureTask[];
  readonly warnings: readonly StructureWarning[];
}

export interface StructuredTables {
  /** By the name at the source. */
  readonly tables: ReadonlyMap<string, StructuredTable>;
  /** By the name at the target. */
  readonly existing: ReadonlyMap<string, ExistingStructure>;
  /** By the name at the source: tables that will be among these. */
  readonly captured: ReadonlySet<string>;
  readonly server: ServerVersion;
}

interface Planned extends PlannedPart {
  readonly place: StructuredPlace;
  readonly part: StructurePart;
}

const isUsable = ({ part, isSqlOutdated }: NamedPart, { kind }: ServerVersion): boolean =>
  !isSqlOutdated && 'dialect' in part && part.dialect === kind;

const checkStatement = (place: StructuredPlace, named: NamedPart, part: Part<'check'>): PlannedPart => {
  if (place.existing.constraints.has(part.name.toLowerCase())) return nothing;
  if (!isUsable(named, place.server)) return notMade(`the target may understand it in another way: ${part.sql}`);
  return run('add-constraint', `ALTER TABLE ${place.table} ADD CONSTRAINT ${quoteIdentifier(part.name)} ${part.sql}`);
};

type OtherPart = Exclude<StructurePart, { kind: 'foreign-key' }>;

const planPart = (place: StructuredPlace, named: NamedPart, part: OtherPart): PlannedPart => {
  switch (part.kind) {
    case 'index':
    case 'unique':
      return indexStatement(place, part, isUsable(named, place.server));
    case 'exclusion':
      return notMade('the target has no exclusion constraints');
    case 'check':
      return checkStatement(place, named, part);
    case 'default':
      return defaultStatement(place, part);
    case 'identity':
      return identityStatement(place, part);
    case 'comment':
      return commentStatement(place, part);
  }
};

/** Indexes that a table has, or gets. */
const indexesOf = (place: StructuredPlace, planned: readonly Planned[]): readonly (readonly (string | null)[])[] => [
  ...place.existing.indexes.values(),
  ...planned.flatMap(({ place: { table }, part, statement }) =>
    table === place.table && statement !== null && 'indexed' in part && part.indexed !== null
      ? [part.indexed.map(({ name, length }) => (length === null ? name : null))]
      : [],
  ),
];

/**
 * What tables lack of their structure, in the order in which it can be made: foreign keys last. A part that the target has by
 * name, or a column that has a value or a comment of its own, is left as it is.
 */
export const planStructure = ({ tables, existing, captured, server }: StructuredTables): StructurePlan => {
  const places = new Map(
    [...tables].flatMap(([name, { source, relation }]) => {
      const there = existing.get(qualifiedName(relation));
      const table = quoteQualified(relation.schema, relation.table);
      return there === undefined ? [] : [[name, { source, relation, table, existing: there, server }] as const];
    }),
  );
  const all = [...places].flatMap(([name, place]) =>
    (tables.get(name)?.parts ?? []).map((named) => ({ place, named })),
  );
  const others = all.flatMap(({ place, named }): readonly Planned[] =>
    named.part.kind === 'foreign-key' ? [] : [{ place, part: named.part, ...planPart(place, named, named.part) }],
  );
  const keys = all.flatMap(({ place, named: { part } }): readonly Planned[] => {
    if (part.kind !== 'foreign-key') return [];
    const name = qualifiedName(part.references);
    const other = places.get(name);
    if (other !== undefined)
      return [{ place, part, ...foreignKeyStatement(place, part, other, indexesOf(other, others)) }];
    return captured.has(name) ? [] : [{ place, part, ...notMade(`the stream does not capture ${name}`) }];
  });
  const planned = [...others, ...keys];
  const saying = ({ place, part }: Planned) => ({
    table: qualifiedName(place.relation),
    part: part.kind,
    name: nameOfPart(part),
  });
  return {
    tasks: planned.flatMap((each) => {
      const { statement, probe } = each;
      return statement === null ? [] : [{ ...saying(each), ...statement, probe }];
    }),
    warnings: planned.flatMap((each) => (each.warning === null ? [] : [{ ...saying(each), ...each.warning }])),
  };
};
