import { type Operation, qualifiedName, type ValidationItem } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import type { SelectedTable } from '../catalog/select-tables.ts';
import type { PublicationFacts } from '../publication/publication-facts.ts';
import type { PublicationPlan } from '../publication/publication-plan.ts';
import type { SlotFacts } from '../slot/slot-facts.ts';
import type { InstanceFacts } from './instance-facts.ts';
import { failed, listed, passed, warned } from './report.ts';

export interface PublicationChecks {
  readonly instance: InstanceFacts;
  readonly publication: string;
  readonly viaRoot: boolean;
  readonly existing: readonly PublicationFacts[];
  readonly tables: readonly SelectedTable[];
  readonly plan: PublicationPlan;
  readonly slot: SlotFacts | null;
}

const path = 'source.publication';

const tableList = (tables: readonly SelectedTable[]): string =>
  tables.map(({ facts }) => quoteQualified(facts.schema, facts.table)).join(', ');

/** A slot without its publication cannot be helped by making the publication: it would be younger than the log to read. */
const missing = ({ existing, slot, publication }: PublicationChecks): ValidationItem[] =>
  existing.length > 0 || slot === null
    ? []
    : [
        failed('PUBLICATION_MISSING', {
          path,
          message: `Slot ${slot.name} exists, its publication ${publication} does not, and must be older than the slot`,
          fix: 'drop the slot, so that both are made in order',
        }),
      ];

const published = (existing: readonly PublicationFacts[], { facts }: SelectedTable): ReadonlySet<Operation> =>
  new Set(
    existing.filter(({ tables }) => tables.has(qualifiedName(facts))).flatMap(({ operations }) => [...operations]),
  );

const unpublished = ({ existing, tables, publication, plan }: PublicationChecks): ValidationItem[] => {
  const [main] = existing;
  if (main === undefined) return [];
  const identified = tables.filter((table) => !plan.unidentified.includes(table));
  const absent = identified.filter((table) => published(existing, table).size === 0 && !plan.made.includes(table));
  const lacking = identified.filter((table) => {
    const operations = published(existing, table);
    return operations.size > 0 && [...table.operations].some((operation) => !operations.has(operation));
  });
  const items: ValidationItem[] = [];
  const name = quoteIdentifier(main.name);
  if (absent.length > 0) {
    items.push(
      failed('PUBLICATION', {
        path,
        message: `Publication ${publication} lacks ${listed(absent.map(({ facts }) => qualifiedName(facts)))}`,
        fix: `ALTER PUBLICATION ${name} ADD TABLE ${tableList(absent)};`,
      }),
    );
  }
  if (lacking.length > 0) {
    const wanted = [...new Set([...main.operations, ...lacking.flatMap(({ operations }) => [...operations])])];
    items.push(
      failed('PUBLICATION', {
        path,
        message: `Publication ${publication} does not publish all operations asked for of ${listed(lacking.map(({ facts }) => qualifiedName(facts)))}`,
        fix: `ALTER PUBLICATION ${name} SET (publish = '${wanted.join(', ')}'); -- or ask for fewer operations`,
      }),
    );
  }
  return items;
};

const roots = ({ existing, tables, viaRoot }: PublicationChecks): ValidationItem[] => {
  const different = existing.filter((publication) => publication.viaRoot !== viaRoot);
  const partitioned = tables.some(({ facts }) => facts.kind === 'partitioned' || facts.partition);
  if (different.length === 0 || !partitioned) return [];
  return [
    warned('PUBLICATION', {
      path: 'source.publishViaPartitionRoot',
      message: `Publication ${listed(different.map(({ name }) => name))} publishes partitions ${viaRoot ? 'under their own names' : 'as their root'}, and is used as it is`,
      fix: different
        .map(({ name }) => `ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish_via_partition_root = ${viaRoot});`)
        .join(' '),
    }),
  ];
};

/** Row filters and column lists of the operator's publication also filter the stream. */
const filtered = ({ existing, tables }: PublicationChecks): ValidationItem[] => {
  const names = tables
    .filter(({ where }) => where === null)
    .map(({ facts }) => qualifiedName(facts))
    .filter((name) =>
      existing.some((publication) => {
        const table = publication.tables.get(name);
        return table !== undefined && (table.rowFilter !== null || table.columns !== null);
      }),
    );
  if (names.length === 0) return [];
  const message = `The publication leaves rows or columns out of ${listed(names)}: the stream does not see them`;
  return [warned('PUBLICATION_FILTERED', { path, message })];
};

const privileges = ({ instance, plan }: PublicationChecks): ValidationItem[] => {
  const code = 'MISSING_PRIVILEGE';
  if (plan.statements.length === 0) return [];
  const items: ValidationItem[] = [];
  const role = quoteIdentifier(instance.role);
  if (!instance.mayCreate) {
    const fix = `GRANT CREATE ON DATABASE ${quoteIdentifier(instance.database)} TO ${role};`;
    items.push(failed(code, { path, message: `Role ${instance.role} may not create a publication`, fix }));
  }
  const foreign = plan.made.filter(({ facts }) => !facts.owned);
  if (foreign.length > 0) {
    items.push(
      failed(code, {
        path,
        message: `Only their owner may publish ${listed(foreign.map(({ facts }) => qualifiedName(facts)))}`,
        fix: `as the owner: CREATE PUBLICATION … FOR TABLE ${tableList(foreign)};`,
      }),
    );
  }
  return items;
};

/** The publication, or the right to make it. */
export const validatePublication = (checks: PublicationChecks): readonly ValidationItem[] => {
  const items = [
    ...missing(checks),
    ...unpublished(checks),
    ...roots(checks),
    ...filtered(checks),
    ...privileges(checks),
  ];
  const wrong = items.some(({ level }) => level === 'error');
  return wrong ? items : [passed('PUBLICATION', path, 'The publication can be used or made'), ...items];
};
