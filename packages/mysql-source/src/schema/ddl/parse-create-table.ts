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
  return { ...created, body: { columns, keys, charset: parseOptions(reader) } };
};

const atEnd = <T>(reader: TokenReader, value: T): T =>
  reader.ended || reader.takeSymbol(';') ? value : reader.fail('more than is known');

const parseOptions = (reader: TokenReader): CharsetSpec => {
  let charset = noCharset;
  for (;;) {
    if (reader.take('PARTITION', 'BY')) skipPartitions(reader);
    // MySQL writes CREATE TABLE … SELECT so: the rows follow in the same transaction.
    reader.take('START', 'TRANSACTION');
    if (reader.ended || reader.takeSymbol(';')) return charset;
    if (reader.takeSymbol(',')) continue;
    const set = takeCharsetOption(reader, charset);
    if (set !== null) charset = set;
    else if (!takePlainOption(reader)) reader.fail('an option of a table that is not known');
  }
};
