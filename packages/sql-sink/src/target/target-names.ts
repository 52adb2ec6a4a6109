import {
  type Column,
  type EvolutionStep,
  qualifiedName,
  type Relation,
  type TableEvolution,
  type UniqueIndex,
} from '@millrace/core';
import { quoteIdentifier } from '@millrace/postgres-client';
import { sqlSinkError } from '../error-table.ts';

/** What one table is called at the target. */
export interface TargetTableNames {
  /** `table` or `schema.table`. Absent: its own name, in the schema that `targetSchema` says. */
  readonly name?: string;
  /** The new names of columns, by the source's: `{ email: 'mail' }`. The others keep theirs. */
  readonly columns?: Readonly<Record<string, string>>;
}

export interface TargetNamesOptions {
  /** The schema of every table at the target, or of those of each schema of the source: `{ public: 'crm' }`. */
  readonly targetSchema?: string | Readonly<Record<string, string>>;
  /** What tables and their columns are called at the target, by the `schema.table` of the source. */
  readonly tables?: Readonly<Record<string, TargetTableNames>>;
}

/** How tables of any source are typed at the target, and what it makes of their names. */
export interface TargetTypes {
  /** The same object where it is typed so already. */
  relation(relation: Relation): Relation;
  column(column: Column, of: Relation): Column;
  /** What the server takes the name of a table for: those of which it makes one are the same to it. */
  foldedTable(name: string): string;
  /** The same of the name of a column. */
  foldedColumn(name: string): string;
}

export interface NameProblem {
  readonly code: 'NAME_TAKEN' | 'NAME_UNKNOWN';
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

/** A term of an index, quoted only if it is no plain name: index definitions quote key words, too. */
export const unquoted = (term: string): string => term.replace(/^"([a-z_][a-z0-9_]*)"$/, '$1');

/** Of the source's indexes those over columns alone: what an expression says of a column cannot be renamed. */
const indexesOf = (unique: readonly UniqueIndex[], from: Relation, to: Relation['columns']): readonly UniqueIndex[] => {
  const term = (name: string) => unquoted(quoteIdentifier(name));
  const terms = new Map(from.columns.map(({ name }, at) => [term(name), term(to[at]?.name ?? name)]));
  return unique.flatMap((index) => {
    const renamed = index.terms.flatMap((each) => terms.get(unquoted(each)) ?? []);
    return index.predicate === null && renamed.length === index.terms.length ? [{ ...index, terms: renamed }] : [];
  });
};

const repeated = (names: readonly string[]): string | undefined => names.find((name, at) => names.indexOf(name) !== at);

/**
 * Where tables and columns of the source land at the target, and as what types. A relation at the target has its columns in the same places,
 * so that rows need not be touched.
 */
export class TargetNames {
  readonly #options: TargetNamesOptions;
  readonly #types: TargetTypes;
  readonly #relations = new WeakMap<Relation, Relation>();
  /** The table of the source that lands in a table of the target, by what the server takes its name for. */
  readonly #taken = new Map<string, string>();

  constructor(options: TargetNamesOptions, types: TargetTypes) {
    this.#options = options;
    this.#types = types;
  }

  /** A relation as it is at the target. Throws `NAME_TAKEN` where two tables, or two columns, would be one there. */
  of(relation: Relation): Relation {
    const known = this.#relations.get(relation);
    if (known !== undefined) return known;
    const named = this.#named(relation);
    const source = qualifiedName(relation);
    const place = this.#folded(named);
    const owner = this.#taken.get(place);
    const problem =
      owner !== undefined && owner !== source ? tableTaken(place, [owner, source]) : this.#columnTaken(named);
    if (problem !== null)
      throw sqlSinkError('NAME_TAKEN', problem.message, { hint: problem.fix, details: { table: source } });
    this.#taken.set(place, source);
    this.#relations.set(relation, named);
    return named;
  }

  /** What is to be done to a table, under the names, and in the types, that it has at the target. */
  evolution({ relation, steps }: TableEvolution): TableEvolution {
    const named = this.#columnsOf(relation);
    const renamed = (step: EvolutionStep): readonly EvolutionStep[] => {
      if (step.kind === 'create-table' || step.kind === 'drop-table') return [step];
      if (step.kind === 'rename-table') return this.#renamed(relation, step);
      if ('column' in step) {
        const column = this.#types.column(step.column, relation);
        return [{ ...step, column: { ...column, name: named(column.name) } }];
      }
      if (step.kind === 'rename-column') return [{ ...step, from: named(step.from), name: named(step.name) }];
      return [{ ...step, name: named(step.name) }];
    };
    const all = steps.flatMap(renamed);
    const evolution = { relation: this.of(relation), steps: all };
    if (steps.some(({ kind }) => kind === 'drop-table')) this.#taken.delete(this.#folded(evolution.relation));
    return evolution;
  }

  /** Under its new name the table may have other names for its columns, too. */
  #renamed(relation: Relation, step: EvolutionStep & { readonly kind: 'rename-table' }): readonly EvolutionStep[] {
    const from = this.#place(step.from);
    this.#taken.delete(this.#folded(from));
    const isSame = this.#folded(from) === this.#folded(this.#place(relation));
    const [before, after] = [this.#columnsOf(step.from), this.#columnsOf(relation)];
    const columns = relation.columns.filter(({ name }) => before(name) !== after(name));
    const rename = { kind: 'rename-column', otherwise: step.otherwise } as const;
    return [
      ...(isSame ? [] : [{ ...step, from }]),
      ...columns.map(({ name }) => ({ ...rename, from: before(name), name: after(name) })),
    ];
  }

  #columnsOf(table: Pick<Relation, 'schema' | 'table'>): (name: string) => string {
    const columns = own(this.#options.tables, qualifiedName(table))?.columns;
    return (name) => own(columns, name) ?? name;
  }

  /** What is wrong with the names of these tables, all of it. */
  problems(relations: readonly Relation[]): readonly NameProblem[] {
    const { tables = {}, targetSchema } = this.#options;
    const problems: NameProblem[] = [];
    const unknown = (path: string, what: string, fix: string) =>
      problems.push({ code: 'NAME_UNKNOWN', path, message: `The stream captures no ${what}`, fix });
    const known = new Map(relations.map((relation) => [qualifiedName(relation), relation]));
    for (const [table, { columns = {} }] of Object.entries(tables)) {
      const path = `sink.tables.${table}`;
      const relation = known.get(table);
      if (relation === undefined)
        unknown(path, `table ${table}`, `Name a table that is captured, or leave ${path} out.`);
      for (const column of Object.keys(columns))
        if (relation?.columns.some(({ name }) => name === column) === false)
          unknown(`${path}.columns`, `column "${column}" of ${table}`, `Leave it out of ${path}.columns.`);
    }
    if (typeof targetSchema === 'object')
      for (const schema of Object.keys(targetSchema))
        if (!relations.some((relation) => relation.schema === schema))
          unknown('sink.targetSchema', `table of schema ${schema}`, `Leave it out of targetSchema.`);
    const landing = new Map<string, string[]>();
    for (const relation of relations) {
      const named = this.#named(relation);
      const sources = landing.get(this.#folded(named)) ?? [];
      landing.set(this.#folded(named), [...sources, qualifiedName(relation)]);
      const problem = this.#columnTaken(named);
      if (problem !== null) problems.push(problem);
    }
    for (const [target, sources] of landing) if (sources.length > 1) problems.push(tableTaken(target, sources));
    return problems;
  }

  #folded(place: Pick<Relation, 'schema' | 'table'>): string {
    return this.#types.foldedTable(qualifiedName(place));
  }

  #columnTaken(named: Relation): NameProblem | null {
    const name = repeated(named.columns.map((column) => this.#types.foldedColumn(column.name)));
    if (name === undefined) return null;
    return {
      code: 'NAME_TAKEN',
      path: 'sink.tables',
      message: `Two columns cannot both be "${name}" of target table ${qualifiedName(named)}`,
      fix: 'Give each a name of its own in the option tables of the sink.',
    };
  }

  #place(relation: Pick<Relation, 'schema' | 'table'>): Pick<Relation, 'schema' | 'table'> {
    const { tables, targetSchema } = this.#options;
    const { name } = own(tables, qualifiedName(relation)) ?? {};
    const inSchema = typeof targetSchema === 'string' ? targetSchema : own(targetSchema, relation.schema);
    const [schema, table] = placeOf(name, { schema: inSchema ?? relation.schema, table: relation.table });
    return { schema, table };
  }

  #named(source: Relation): Relation {
    const relation = this.#types.relation(source);
    const { tables, targetSchema } = this.#options;
    if (tables === undefined && targetSchema === undefined) return relation;
    const { columns: renamed = {} } = own(tables, qualifiedName(relation)) ?? {};
    const { schema, table } = this.#place(relation);
    if (Object.keys(renamed).length === 0) return { ...relation, schema, table };
    const columns = relation.columns.map((column) => ({ ...column, name: own(renamed, column.name) ?? column.name }));
    const { unique } = relation;
    return {
      ...relation,
      schema,
      table,
      columns,
      ...(unique === undefined ? {} : { unique: indexesOf(unique, relation, columns) }),
    };
  }
}

const own = <T>(values: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;

const placeOf = (name: string | undefined, place: Pick<Relation, 'schema' | 'table'>): readonly [string, string] => {
  if (name === undefined) return [place.schema, place.table];
  const dot = name.indexOf('.');
  return dot < 0 ? [place.schema, name] : [name.slice(0, dot), name.slice(dot + 1)];
};

const tableTaken = (target: string, sources: readonly string[]): NameProblem => ({
  code: 'NAME_TAKEN',
  path: 'sink.tables',
  message: `${sources.join(' and ')} cannot both be ${target} at the target`,
  fix: 'Give each a name of its own in the option tables of the sink.',
});
