import type { Relation, SinkContext } from '@millrace/core';
import {
  type PostgresSession,
  quoteIdentifier,
  quoteLiteral,
  quoteQualified,
  sqlstateOf,
} from '@millrace/postgres-client';
import { isTrue } from '../boolean-text.ts';
import { type OwnedSequence, readOwnedSequences } from './owned-sequences.ts';

const doing = 'advance a sequence of the target';

/** The last value of a column in the direction in which its sequence goes, as text; `null`: there are no rows. */
const readLast = async (
  session: PostgresSession,
  { table, column, increment }: OwnedSequence,
  signal: AbortSignal,
): Promise<string | null> => {
  const last = increment.startsWith('-') ? 'min' : 'max';
  const text = `SELECT ${last}(${quoteIdentifier(column)}) AS value FROM ${quoteQualified(table.schema, table.name)}`;
  const { rows } = await session.query<{ value: string | null }>(text, [], { signal, doing });
  return rows[0]?.value ?? null;
};

/**
 * Sets a sequence if its next value is not behind the last one of its column: to the first of the values it would give
 * that is not before that. One statement looks and sets, so that next to nobody can come in between.
 */
const advance = ({ oid, schema, name, increment, minimum, maximum }: OwnedSequence, last: string): string => {
  const [end, step] = [`${quoteLiteral(last)}::numeric`, `(${increment})::numeric`];
  return `SELECT CASE WHEN value + ${step} BETWEEN ${minimum} AND ${maximum} THEN setval(${oid}, value::bigint) END
    IS NOT NULL AS advanced
  FROM (
    SELECT last_value + ceil((${end} - last_value) / ${step}) * ${step} AS value FROM ${quoteQualified(schema, name)}
    WHERE (CASE WHEN is_called THEN last_value + ${step} ELSE last_value END - ${end}) * sign(${step}) <= 0
  ) AS needed`;
};

/** `null`: its next value collides with none; otherwise why that is not so. */
const reasonOf = async (
  session: PostgresSession,
  sequence: OwnedSequence,
  signal: AbortSignal,
): Promise<string | null> => {
  const name = quoteQualified(sequence.schema, sequence.name);
  if (!sequence.maySet) return `this role may not set it: GRANT SELECT, UPDATE ON SEQUENCE ${name} TO …`;
  try {
    const last = await readLast(session, sequence, signal);
    if (last === null) return null;
    const { rows } = await session.query<{ advanced: string }>(advance(sequence, last), [], { signal, doing });
    return rows.length === 0 || isTrue(rows[0]?.advanced ?? null) ? null : 'it has no value behind those of its column';
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === null || signal.aborted) throw error;
    return `SQLSTATE ${sqlstate}`;
  }
};

/**
 * Sees to it that the sequences of these tables' columns give values behind those that the columns hold. None is ever
 * moved backwards. What cannot be advanced is reported as the warning `SEQUENCE_NOT_ADVANCED`. Nobody else should use
 * the sequences at that moment.
 */
export const advanceSequences = async (
  session: PostgresSession,
  relations: readonly Relation[],
  report: SinkContext['report'],
  signal: AbortSignal,
): Promise<void> => {
  for (const sequence of await readOwnedSequences(session, relations, signal)) {
    const reason = await reasonOf(session, sequence, signal);
    if (reason === null) continue;
    const [name, table] = [sequence, sequence.table].map(({ schema, name: own }) => `${schema}.${own}`);
    const { column } = sequence;
    report({
      type: 'warning',
      code: 'SEQUENCE_NOT_ADVANCED',
      message: `The next value of the sequence ${name} may be one that ${table} holds in "${column}": ${reason}`,
      details: { sequence: name, table, column, reason },
    });
  }
};
