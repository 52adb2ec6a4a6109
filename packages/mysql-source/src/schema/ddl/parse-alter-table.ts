import { parseColumn, parseDefault } from './parse-column.ts';
import { parseKey } from './parse-key.ts';
import { takePartitionClause } from './parse-partitions.ts';
import { noCharset, takeCharsetOption, takePlainOption } from './parse-table-options.ts';
import { parseCharsetName } from './parse-type.ts';
import { takeWait } from './parse-wait.ts';
import type { AlterClause, ColumnPlace, Statement } from './statement.ts';
import type { TokenReader } from './token-reader.ts';
import type { Dialect } from './tokens.ts';

type AlterTable = Extract<Statement, { kind: 'alter-table' }>;

/** Reads what stands behind `ALTER TABLE`. */
export const parseAlterTable = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): AlterTable => {
  const ifExists = reader.take('IF', 'EXISTS');
  const table = reader.tableName();
  takeWait(reader);
  const clauses: AlterClause[] = [];
  for (;;) {
    if (reader.ended || reader.takeSymbol(';')) return { kind: 'alter-table', table, ifExists, clauses };
    if (reader.takeSymbol(',')) continue;
    clauses.push(...parseClause(reader, dialect, realAsFloat));
  }
};

const parseClause = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): readonly AlterClause[] => {
  const partition = takePartitionClause(reader);
  if (partition !== null) return partition;
  if (reader.take('ADD')) return parseAdd(reader, dialect, realAsFloat);
  if (reader.take('DROP')) return parseDrop(reader);
  if (reader.take('RENAME')) return [parseRename(reader)];
  if (reader.take('ALTER')) return parseAlter(reader);
  const change = reader.takeOne('CHANGE', 'MODIFY');
  if (change !== null) {
    reader.take('COLUMN');
    const ifExists = reader.take('IF', 'EXISTS');
    const from = change === 'CHANGE' ? reader.name() : null;
    const { column, keys } = parseColumn(reader, dialect, realAsFloat);
    const place = takePlace(reader);
    return [
      { kind: 'change-column', from: from ?? column.name, column, place, ifExists },
      ...keys.map((key) => ({ kind: 'add-key', key: { ...key, ifNotExists: ifExists } }) as const),
    ];
  }
  if (reader.take('CONVERT', 'TO')) {
    if (!reader.take('CHARACTER', 'SET') && !reader.take('CHAR', 'SET')) reader.expect('CHARSET');
    const charset = parseCharsetName(reader);
    const collation = reader.take('COLLATE') ? parseCharsetName(reader) : null;
    return [{ kind: 'convert', to: { charset, collation } }];
  }
  const charset = parseCharsetOptions(reader);
  if (charset !== null) return [charset];
  if (takeNoConsequence(reader) || takePlainOption(reader)) return [];
  return reader.fail('a clause of ALTER TABLE that is not known');
};

const parseCharsetOptions = (reader: TokenReader): AlterClause | null => {
  let to = takeCharsetOption(reader, noCharset);
  if (to === null) return null;
  for (let more = to; ; to = more) {
    const next = takeCharsetOption(reader, more);
    if (next === null) return { kind: 'default-charset', to: more };
    more = next;
  }
};

const takeNoConsequence = (reader: TokenReader): boolean => {
  if (reader.takeOne('ALGORITHM', 'LOCK') !== null) {
    reader.takeSymbol('=');
    reader.next();
    return true;
  }
  if (reader.take('ORDER', 'BY')) {
    do {
      reader.tableName();
      reader.takeOne('ASC', 'DESC');
    } while (atMoreOrder(reader) && reader.takeSymbol(','));
    return true;
  }
  if (reader.take('WITH', 'VALIDATION') || reader.take('WITHOUT', 'VALIDATION')) return true;
  if (reader.take('ENABLE', 'KEYS') || reader.take('DISABLE', 'KEYS')) return true;
  return reader.takeOne('FORCE', 'SECONDARY_LOAD', 'SECONDARY_UNLOAD') !== null;
};

/** Whether another column follows, and not another clause. */
const atMoreOrder = (reader: TokenReader): boolean => {
  const after = reader.peek(2);
  return reader.atSymbol(',') && (after === undefined || after.text === ',' || /^(?:ASC|DESC)$/.test(after.keyword));
};

const takePlace = (reader: TokenReader): ColumnPlace | null => {
  if (reader.take('FIRST')) return 'first';
  return reader.take('AFTER') ? { after: reader.name() } : null;
};

const parseAdd = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): readonly AlterClause[] => {
  if (reader.at('SYSTEM', 'VERSIONING') || reader.at('PERIOD', 'FOR')) reader.fail('versions of rows, or periods');
  const key = parseKey(reader);
  if (key !== null) return key === 'check' ? [] : [{ kind: 'add-key', key }];
  reader.take('COLUMN');
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const clauses: AlterClause[] = [];
  const add = (place: () => ColumnPlace | null) => {
    const { column, keys } = parseColumn(reader, dialect, realAsFloat);
    clauses.push({ kind: 'add-column', column, place: place() ?? 'last', ifNotExists });
    clauses.push(...keys.map((own) => ({ kind: 'add-key', key: { ...own, ifNotExists } }) as const));
  };
  if (!reader.atSymbol('(')) add(() => takePlace(reader));
  else
    reader.list(() => {
      const own = parseKey(reader);
      if (own === null) add(() => null);
      else if (own !== 'check') clauses.push({ kind: 'add-key', key: own });
    });
  return clauses;
};

const parseDrop = (reader: TokenReader): readonly AlterClause[] => {
  if (reader.at('SYSTEM', 'VERSIONING') || reader.at('PERIOD', 'FOR')) reader.fail('versions of rows, or periods');
  if (reader.take('PRIMARY', 'KEY')) return [{ kind: 'drop-key', name: 'PRIMARY', ifExists: false }];
  if (reader.take('FOREIGN', 'KEY') || reader.take('CHECK')) {
    reader.take('IF', 'EXISTS');
    reader.name();
    return [];
  }
  if (reader.take('CONSTRAINT')) {
    reader.take('IF', 'EXISTS');
    return [{ kind: 'drop-constraint', name: reader.name() }];
  }
  if (reader.takeOne('INDEX', 'KEY') !== null) {
    const ifExists = reader.take('IF', 'EXISTS');
    return [{ kind: 'drop-key', name: reader.name(), ifExists }];
  }
  reader.take('COLUMN');
  const ifExists = reader.take('IF', 'EXISTS');
  const name = reader.name();
  reader.takeOne('RESTRICT', 'CASCADE');
  return [{ kind: 'drop-column', name, ifExists }];
};

const parseRename = (reader: TokenReader): AlterClause => {
  const what = reader.take('COLUMN') ? 'rename-column' : reader.takeOne('INDEX', 'KEY') === null ? null : 'rename-key';
  if (what !== null) {
    const ifExists = reader.take('IF', 'EXISTS');
    const from = reader.name();
    reader.expect('TO');
    return { kind: what, from, to: reader.name(), ifExists };
  }
  if (!reader.takeSymbol('=')) reader.takeOne('TO', 'AS');
  return { kind: 'rename-table', to: reader.tableName() };
};

const parseAlter = (reader: TokenReader): readonly AlterClause[] => {
  if (reader.takeOne('INDEX', 'KEY') !== null) {
    reader.take('IF', 'EXISTS');
    reader.name();
    if (!reader.take('NOT', 'IGNORED') && reader.takeOne('VISIBLE', 'INVISIBLE', 'IGNORED') === null)
      reader.fail('a change of an index that is not known');
    return [];
  }
  if (reader.take('CHECK') || reader.take('CONSTRAINT')) {
    reader.name();
    reader.take('NOT');
    reader.expect('ENFORCED');
    return [];
  }
  reader.take('COLUMN');
  reader.take('IF', 'EXISTS');
  const name = reader.name();
  if (reader.take('DROP', 'DEFAULT')) return [{ kind: 'set-default', name, default: 'null' }];
  reader.expect('SET');
  const visibility = reader.takeOne('VISIBLE', 'INVISIBLE');
  if (visibility !== null) return [{ kind: 'set-visible', name, visible: visibility === 'VISIBLE' }];
  reader.expect('DEFAULT');
  return [{ kind: 'set-default', name, default: parseDefault(reader) }];
};
