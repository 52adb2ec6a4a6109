import { type Chunk, qualifiedName, type RangeProgress, type Relation } from '@millrace/core';
import { textRow } from './text-row.ts';

type Texts = Readonly<Record<string, string | null>>;

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (text: string | null): string =>
  text === null ? '\\N' : text.replace(/[\\\t\n\r]/g, (letter) => escapes[letter] ?? letter);

/** A chunk of the rows with these texts, as a source hands it over. */
export const chunkOf = (relation: Relation, rows: readonly Texts[], parts: Partial<RangeProgress> = {}): Chunk => {
  const names = relation.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const lines = rows.map((row) => `${names.map((name) => escaped(row[name] ?? null)).join('\t')}\n`);
  const table = qualifiedName(relation);
  const range = { from: null, to: null };
  return {
    relation,
    progress: { table, range, cursor: null, done: true, rows: rows.length, ...parts },
    length: rows.length,
    bytes: 0,
    rows: rows.map((row) => textRow(relation, row)),
    encoded: { format: 'postgres-text', data: lines.map((line) => Buffer.from(line)) },
    through: '0/1',
  };
};

/** The same without its form as COPY data. */
export const unencoded = (chunk: Chunk): Chunk => ({ ...chunk, encoded: null });
