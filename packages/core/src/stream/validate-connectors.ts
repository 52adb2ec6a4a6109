import type { Sink, SinkContext } from '../contracts/sink.ts';
import type { Source, SourceContext } from '../contracts/source.ts';
import type { ValidationItem, ValidationReport } from '../contracts/validation.ts';
import { coreError } from '../errors/core-errors.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { Relation } from '../model/relation.ts';
import { asOf, unsureTables } from '../schema/known-shapes.ts';
import type { Tables } from '../snapshot/table-progress.ts';

export interface Connectors {
  readonly source: Source;
  readonly sink: Sink;
  readonly sourceContext: SourceContext;
  readonly sinkContext: (relations: readonly Relation[]) => SinkContext;
  /** The captured tables, as `Source.describe`. */
  readonly describe: (state?: string) => Promise<readonly Relation[]>;
}

/** What the checkpoint says, and what follows from it. */
export interface ValidatedStart extends Required<Pick<SourceContext, 'copies'>>, Pick<SourceContext, 'beginsAt'> {
  readonly tables: Tables;
}

/**
 * Source and sink together: every problem at once, nothing created. With the tables that the source described. The start is
 * found out meanwhile.
 */
export const validateConnectors = async (
  connectors: Connectors,
  start: Promise<ValidatedStart>,
): Promise<{ readonly report: ValidationReport; readonly relations: readonly Relation[] }> => {
  const { source, sink, sourceContext, sinkContext, describe } = connectors;
  const describing = describe().then(
    (relations) => ({ relations, error: null }),
    (error: unknown) => ({ relations: [], error }),
  );
  const { tables, ...begins } = await start;
  const { copies } = begins;
  const ofSource = await source.validate({ ...sourceContext, ...begins });
  const { relations, error } = await describing;
  if (error !== null) {
    sourceContext.signal.throwIfAborted();
    // The source's own report says why; without its tables the sink checks what does not depend on them.
    if (failures(ofSource).length === 0) throw error;
  }
  // What has changed since the checkpoint is still to come, unless everything is copied anew.
  const asCopied = copies ? relations : asOf(tables, relations);
  const ofSink = await sink.validate({
    ...sinkContext(asCopied),
    copies,
    unsureTables: unsureTables(copies ? {} : tables),
  });
  return { report: { items: [...ofSource.items, ...ofSink.items] }, relations };
};

const failures = (report: ValidationReport): readonly ValidationItem[] =>
  report.items.filter(({ state, level }) => state === 'failed' && level === 'error');

export const warnings = (report: ValidationReport): readonly ValidationItem[] =>
  report.items.filter(({ state, level }) => state === 'failed' && level === 'warning');

/** The failed items of a report as one error, or `null`. */
export const validationError = (report: ValidationReport): MillraceError | null => {
  const items = failures(report);
  if (items.length === 0) return null;
  const lines = items.map(({ code, message, fix }) => `${code}: ${message}${fix === null ? '' : ` Fix: ${fix}`}`);
  return coreError(
    'VALIDATION_FAILED',
    `${items.length} problem${items.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    {
      hint:
        items
          .map(({ fix }) => fix)
          .filter((fix) => fix !== null)
          .join('\n') || undefined,
      details: { items },
    },
  );
};
