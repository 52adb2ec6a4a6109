import { qualifiedName, type Relation, type SinkContext, type StructurePart } from '@millrace/core';
import type { TargetNames } from '../target/target-names.ts';
import { namedParts } from './named-parts.ts';
import type { StructuredTable } from './structured-table.ts';

/** What a target table can get of its source's beside columns and key. `unique` covers exclusion constraints, too. */
type StructureKind = 'indexes' | 'unique' | 'checks' | 'foreign-keys' | 'defaults' | 'comments';

export type StructureOption = 'key-only' | 'all' | readonly StructureKind[];

const kindOf: Readonly<Record<StructurePart['kind'], StructureKind>> = {
  index: 'indexes',
  unique: 'unique',
  exclusion: 'unique',
  check: 'checks',
  'foreign-key': 'foreign-keys',
  default: 'defaults',
  identity: 'defaults',
  comment: 'comments',
};

const kinds: readonly unknown[] = Object.values(kindOf);

export const isStructureOption = (value: unknown): boolean =>
  value === 'key-only' || value === 'all' || (Array.isArray(value) && value.every((kind) => kinds.includes(kind)));

export const makesStructure = (option: StructureOption): boolean => option !== 'key-only' && option.length > 0;

export const makesDefaults = (option: StructureOption): boolean =>
  option === 'all' || (option !== 'key-only' && option.includes('defaults'));

export const makesForeignKeys = (option: StructureOption): boolean =>
  option === 'all' || (option !== 'key-only' && option.includes('foreign-keys'));

const isWanted = (option: StructureOption, { kind }: StructurePart): boolean =>
  option === 'all' || (option !== 'key-only' && option.includes(kindOf[kind]));

/** What the option makes of these tables, by the name at the source, as they are at the target. */
export const structuredTables = async (
  option: StructureOption,
  { structure }: Pick<SinkContext, 'structure'>,
  relations: readonly Relation[],
  targetNames: TargetNames,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StructuredTable>> => {
  const names = relations.map(qualifiedName);
  const described = (makesStructure(option) ? await structure?.(names, signal) : null) ?? new Map();
  const tables = new Map(
    relations.map((source) => [qualifiedName(source), { source, target: targetNames.of(source) }] as const),
  );
  return new Map(
    [...tables].map(([name, table]) => {
      const parts: readonly StructurePart[] = described.get(name) ?? [];
      const wanted = parts.filter((part) => isWanted(option, part));
      return [name, { source: table.source, relation: table.target, parts: namedParts(wanted, table, tables) }];
    }),
  );
};
