import { parseColumn } from './parse-column.ts';
import { parseKey } from './parse-key.ts';
import { skipPartitions } from './parse-partitions.ts';
import { noCharset, takeCharsetOption, takePlainOption } from './parse-table-options.ts';
import type { CharsetSpec, ColumnSpec, KeySpec, Statement } from './statement.ts';
import type { TokenReader } from './token-reader.ts';
import type { Dialect } from './tokens.ts';

/** Reads what stands behind `CREATE [OR REPLACE] TABLE`. */
export const parseCreateTable = (
  reader: TokenReader,
  dialect: Dialect,
  realAsFloat: boolean,
  orReplace: boolean,
): Statement => {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const table = reader.tableName();
  const created = { kind: 'create-table', table, orReplace, ifNotExists } as const;
  if (reader.take('LIKE')) return { ...created, body: { like: atEnd(reader, reader.tableName()) } };
  const columns: ColumnSpec[] = [];
  const keys: KeySpec[] = [];
  reader.expectSymbol('(');
  if (reader.take('LIKE')) {
    const like = reader.tableName();
    reader.expectSymbol(')');
    return { ...created, body: { like: atEnd(reader, like) } };
  }
  do {
    if (reader.at('PERIOD', 'FOR')) reader.fail('periods');
    const key = parseKey(reader);
    if (key === 'check') continue;
    if (key !== null) keys.push(key);
    else {
      const parsed = parseColumn(reader, dialect, realAsFloat);
      columns.push(parsed.column);
      keys.push(...parsed.keys);
    }
  } while (reader.takeSymbol(','));
  reader.expectSymbol(')');
  const { charset, isSequence } = parseOptions(reader);
  if (isSequence) return { kind: 'create-other', what: 'sequence', name: table, orReplace, ifNotExists };
  return { ...created, body: { columns, keys, charset } };
};

const atEnd = <T>(reader: TokenReader, value: T): T =>
  reader.ended || reader.takeSymbol(';') ? value : reader.fail('more than is known');

interface TableOptions {
  readonly charset: CharsetSpec;
  /** As MariaDB's dumps of sequences have it. */
  readonly isSequence: boolean;
}

const parseOptions = (reader: TokenReader): TableOptions => {
  let charset = noCharset;
  let isSequence = false;
  for (;;) {
    if (reader.take('PARTITION', 'BY')) skipPartitions(reader);
    // MySQL writes CREATE TABLE … SELECT so: the rows follow in the same transaction.
    if (reader.take('START', 'TRANSACTION')) continue;
    if (reader.ended || reader.takeSymbol(';')) return { charset, isSequence };
    if (reader.takeSymbol(',')) continue;
    const set = takeCharsetOption(reader, charset);
    if (set !== null) charset = set;
    else if (reader.take('SEQUENCE')) {
      reader.takeSymbol('=');
      isSequence = reader.integer() !== 0;
    } else if (!takePlainOption(reader)) reader.fail('an option of a table that is not known');
  }
};
