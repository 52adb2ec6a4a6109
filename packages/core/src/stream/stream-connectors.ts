import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink, SinkContext } from '../contracts/sink.ts';
import type { SourceContext } from '../contracts/source.ts';
import type { Relation } from '../model/relation.ts';
import { namedTables, type Settings } from '../options/settings.ts';
import { ChangePipeline } from '../pipeline/change-pipeline.ts';
import { capturedOperations, qualified, selectedTables, spellings } from '../pipeline/table-selection.ts';
import { type AddedColumns, addedColumns, extendRelation, Transformation } from '../pipeline/transformation.ts';
import { mayLeaveOut } from '../schema/schema-policy.ts';
import { neededQueries } from '../snapshot/copied-queries.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import type { Connectors } from './validate-connectors.ts';

export interface ConnectorOptions {
  readonly settings: Settings;
  readonly sink: Sink;
  readonly report: (event: ConnectorEvent) => void;
  readonly epoch: number | null;
  readonly reselect: SinkContext['reselect'];
  /** What the checkpoint says of tables that are not to be copied anew. */
  readonly tables: Tables;
  /** Of a side stream, its table. */
  readonly only: string | undefined;
}

/** What source and sink are told of the stream. */
export const streamConnectors = (options: ConnectorOptions, signal: AbortSignal): Connectors => {
  const { settings, sink, report, epoch, reselect } = options;
  const { source, logger, transform } = settings;
  const added = columnsAdded(settings);
  const selected = selectedTables(settings.tables, source.defaultSchema);
  const queries = neededQueries(selected, options.tables, options.only);
  const sourceContext: SourceContext = {
    streamId: settings.id,
    tables: queries.selected,
    // A transform reads values, and what it returns is text again.
    formats: transform === null ? sink.capabilities.formats : [],
    logger,
    report,
    signal,
  };
  const structure: SinkContext['structure'] = async (names, asking) =>
    (await source.describeStructure?.({ ...sourceContext, signal: asking }, names)) ?? new Map();
  const sinkContext = (relations: readonly Relation[]): SinkContext => ({
    streamId: settings.id,
    epoch,
    relations: relations.map((relation) => extendRelation(relation, added)),
    missingColumns: mayLeaveOut(settings.schemaChanges) ? 'left-out' : 'error',
    compare: (a, b) => source.compare(a, b),
    ...(reselect === undefined ? {} : { reselect }),
    ...(source.describeStructure === undefined ? {} : { structure }),
    logger,
    report,
    signal,
  });
  const describe = async (state?: string) => [...(await source.describe(sourceContext, state)), ...queries.copied];
  return { source, sink, sourceContext, sinkContext, describe };
};

/** What the options say happens to changes and rows on their way. `only`: those of no other table come through. */
export const streamPipeline = (settings: Settings, sink: Sink, only?: string): ChangePipeline => {
  const { transform, source } = settings;
  const spelling = spellings(namedTables(settings), source.defaultSchema);
  const transformation = transform === null ? null : new Transformation(transform, columnsAdded(settings), spelling);
  const asText = sink.capabilities.formats.length > 0;
  const selected = selectedTables(settings.tables, source.defaultSchema);
  if (only === undefined) return new ChangePipeline(selected, transformation, asText);
  const operations = [...(capturedOperations(selected, only) ?? [])];
  return new ChangePipeline([{ name: only, operations }], transformation, asText);
};

export const columnsAdded = ({ columns, source }: Settings): AddedColumns => {
  const entries = Object.entries(columns).map(([name, added]) => [qualified(name, source.defaultSchema), added]);
  return addedColumns(Object.fromEntries(entries));
};
