import { qualifiedName, type SourceContext, type ValidationItem, type ValidationReport } from '@millrace/core';
import { applicationName, type PostgresSession } from '@millrace/postgres-client';
import { readUnreadableHeaps } from '../catalog/readable-heaps.ts';
import { readRelations } from '../catalog/relations.ts';
import { selectTables } from '../catalog/select-tables.ts';
import { readTables } from '../catalog/table-facts.ts';
import { withSession } from '../control-session.ts';
import { eventTrigger } from '../ddl/event-trigger.ts';
import { filterProblems } from '../publication/filter-problems.ts';
import { publishedOperations, readPublications } from '../publication/publication-facts.ts';
import { publicationComment, publicationNames, publicationPlan } from '../publication/publication-plan.ts';
import { readRowFilters } from '../publication/row-filters.ts';
import { describeQueries } from '../query/describe-queries.ts';
import { validateQueries } from '../query/validate-queries.ts';
import { identifySystem } from '../replication/identify-system.ts';
import { readSlot } from '../slot/slot-facts.ts';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';
import { detectPooler } from './detect-pooler.ts';
import { type InstanceFacts, readInstance } from './instance-facts.ts';
import { failed, notExecuted, passed } from './report.ts';
import { plainConnectionProblem, replicationConnectionProblem } from './validate-connection.ts';
import { exactCopies, validateCopies } from './validate-copies.ts';
import { validateEventTrigger } from './validate-event-trigger.ts';
import { validateInstance } from './validate-instance.ts';
import { validateKeys } from './validate-keys.ts';
import { validatePublication } from './validate-publication.ts';
import { validateSlot } from './validate-slot.ts';
import { validateTables } from './validate-tables.ts';

export interface ValidationRequest {
  readonly options: ResolvedOptions;
  readonly names: SourceNames;
  readonly context: SourceContext;
}

/** Everything that cannot be checked without a connection. */
const afterConnecting: readonly (readonly [code: string, path: string])[] = [
  ['SERVER_VERSION', 'source.connection'],
  ['WAL_LEVEL', 'source.connection'],
  ['NOT_REPLICATION_ROLE', 'source.connection'],
  ['SLOT', 'source.slot'],
  ['NO_FREE_SENDER', 'source.slot'],
  ['PUBLICATION', 'source.publication'],
  ['TABLE_MISSING', 'tables'],
  ['NO_REPLICA_IDENTITY', 'tables'],
];

const checkCatalog = async (
  session: PostgresSession,
  { options, names, context }: ValidationRequest,
  instance: InstanceFacts,
  signal: AbortSignal,
): Promise<readonly ValidationItem[]> => {
  const { main, insert } = publicationNames(names.publication);
  const slot = await readSlot(session, names.slot, signal);
  const existing = await readPublications(session, [main, insert], signal);
  const catalog = await readTables(session, signal);
  const viaRoot = existing[0]?.viaRoot ?? options.publishViaPartitionRoot;
  const selection = selectTables(context.tables, catalog, { viaRoot, published: publishedOperations(existing) });
  const { tables } = selection;
  const { publication } = names;
  const filters = await readRowFilters(session, tables, instance, signal);
  const plan = publicationPlan({ streamId: context.streamId, publication, viaRoot, tables, existing, filters });
  const asking = new Set(context.tables.flatMap(({ name, key }) => (key === undefined ? [] : [name])));
  const keyed = tables.map(({ facts }) => facts).filter((facts) => asking.has(qualifiedName(facts)));
  const captured = tables.map(({ facts }) => facts);
  const partial = tables.filter(({ operations }) => !operations.has('update')).map(({ facts }) => facts);
  const unreadable = context.copies === true ? await readUnreadableHeaps(session, captured, signal) : null;
  const copiesExactly = context.copies === true && exactCopies({ tables: captured, partial }).length > 0;
  return [
    ...validateSlot(instance, slot, { failover: options.failover, copiesExactly }),
    ...validatePublication({
      instance,
      publication,
      viaRoot: options.publishViaPartitionRoot,
      existing,
      tables,
      plan,
      slot,
    }),
    ...filterProblems(plan),
    ...validateKeys(context.tables, keyed.length === 0 ? [] : await readRelations(session, keyed, signal)),
    ...validateQueries(await describeQueries(session, context.tables, catalog, signal)),
    ...validateTables({ instance, catalog, selection, plan, existing, requested: context.tables }),
    ...(options.ddl === 'event-trigger'
      ? [await validateEventTrigger(session, eventTrigger(publication, publicationComment(context.streamId)), signal)]
      : []),
    ...(unreadable === null
      ? []
      : validateCopies({ tables: captured, partial, existing, unreadable, role: instance.role })),
  ];
};

/** Only worth trying where nothing known already stands in its way. */
const checkReplication = async (
  { options, context }: ValidationRequest,
  before: readonly ValidationItem[],
): Promise<ValidationItem> => {
  const path = 'source.connection';
  const wrong = before.find(
    ({ code, state, level }) =>
      state === 'failed' && level === 'error' && (code === 'NOT_REPLICATION_ROLE' || code === 'NO_FREE_SENDER'),
  );
  if (wrong !== undefined) return notExecuted('REPLICATION_CONNECTION', path, `Not tried: ${wrong.message}`);
  try {
    const { connection } = options;
    await identifySystem({ connection, applicationName: applicationName(context.streamId), signal: context.signal });
    return passed('REPLICATION_CONNECTION', path, 'A replication connection can be opened');
  } catch (error) {
    context.signal.throwIfAborted();
    return replicationConnectionProblem(error);
  }
};

const check = async (
  session: PostgresSession,
  request: ValidationRequest,
  signal: AbortSignal,
): Promise<readonly ValidationItem[]> => {
  const path = 'source.connection';
  const connected = passed('CONNECTION', path, 'The server can be reached');
  const pooler = await detectPooler(request, session, signal);
  const instance = await readInstance(session, signal);
  const items = [
    connected,
    pooler,
    ...validateInstance(instance),
    ...(await checkCatalog(session, request, instance, signal)),
  ];
  return [...items, await checkReplication(request, items)];
};

/**
 * Everything that would keep the stream from working or may surprise, at once, each with what fixes it. Changes
 * nothing on the server. Rejects only with the signal's reason.
 */
export const validateSource = async (request: ValidationRequest): Promise<ValidationReport> => {
  const { options, context } = request;
  const { signal } = context;
  const session = { connection: options.connection, applicationName: applicationName(context.streamId) };
  let connected = false;
  try {
    const items = await withSession(
      session,
      (open, until) => {
        connected = true;
        return check(open, request, until);
      },
      signal,
    );
    return { items };
  } catch (error) {
    signal.throwIfAborted();
    const problem = plainConnectionProblem(error);
    const message = connected ? `A check failed: ${problem.message}` : 'Not checked, because there is no connection';
    const rest = afterConnecting.map(([code, path]) => notExecuted(code, path, message));
    return { items: [connected ? failed(problem.code, { ...problem, message }) : problem, ...rest] };
  }
};
