import { parseAlterTable } from './parse-alter-table.ts';
import { parseCreateTable } from './parse-create-table.ts';
import { parseKeyParts, takeKeyOptions, takeUsing } from './parse-key.ts';
import { parseCreateOther, parseDropOthers } from './parse-other.ts';
import { noCharset, takeCharsetOption } from './parse-table-options.ts';
import { takeWait } from './parse-wait.ts';
import type { CharsetSpec, Statement } from './statement.ts';
import type { TableName, TokenReader } from './token-reader.ts';
import type { Dialect } from './tokens.ts';

const irrelevant: Statement = { kind: 'irrelevant' };

/** What begins so has nothing to do with tables, or is of no consequence to their columns, unique keys and rows. */
const harmless = new Set(
  `BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE XA START END SET FLUSH GRANT REVOKE ANALYZE OPTIMIZE REPAIR CHECK CHECKSUM
  INSTALL UNINSTALL LOCK UNLOCK KILL RESET PURGE CHANGE STOP USE SHOW CACHE PREPARE DEALLOCATE CLONE SIGNAL`.split(
    /\s+/,
  ),
);
/** What CREATE, ALTER and DROP do to other things than tables, indexes and databases. */
const otherThings = new Set(
  `VIEW ALGORITHM DEFINER SQL PROCEDURE FUNCTION AGGREGATE LOADABLE TRIGGER EVENT USER ROLE SERVER TABLESPACE LOGFILE
  UNDO RESOURCE SPATIAL_REFERENCE SEQUENCE PACKAGE LIBRARY INSTANCE CATALOG MATERIALIZED JSON PREPARE`.split(/\s+/),
);
const changesRows = new Set('INSERT UPDATE DELETE REPLACE LOAD CALL WITH DO EXECUTE HANDLER BINLOG'.split(' '));

/** Whether a statement changes rows, or may do so, where rows should be logged. */
export const mayChangeRows = (reader: TokenReader): boolean => changesRows.has(reader.peek()?.keyword ?? '');

/**
 * Reads a statement from its beginning.
 *
 * @throws {NotUnderstood} at whatever is not known; where the reader stands then says nothing
 */
export const parseStatement = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): Statement => {
  // Settings for one statement, as MariaDB has them.
  if (reader.take('SET', 'STATEMENT')) while (!reader.take('FOR')) reader.next();
  if (reader.ended) return irrelevant;
  if (reader.take('CREATE')) return parseCreate(reader, dialect, realAsFloat);
  if (reader.take('ALTER')) {
    if (reader.takeOne('DATABASE', 'SCHEMA') !== null) return parseAlterDatabase(reader);
    let drops = reader.take('IGNORE');
    while (reader.takeOne('ONLINE', 'OFFLINE') !== null || reader.at('IGNORE')) drops = reader.take('IGNORE') || drops;
    if (!reader.take('TABLE')) return otherThing(reader);
    const altered = parseAlterTable(reader, dialect, realAsFloat);
    return drops ? { ...altered, clauses: [...altered.clauses, ...rowsDropped] } : altered;
  }
  if (reader.take('DROP')) return parseDrop(reader);
  if (reader.take('RENAME', 'TABLE') || reader.take('RENAME', 'TABLES')) return parseRename(reader);
  if (reader.take('RENAME', 'USER')) return irrelevant;
  if (reader.take('TRUNCATE')) {
    reader.take('TABLE');
    return { kind: 'truncate', table: reader.tableName() };
  }
  if (reader.at('DELETE', 'FROM')) return parseDeleteOfAll(reader);
  return harmless.has(reader.peek()?.keyword ?? '') ? irrelevant : reader.fail('a statement that is not known');
};

const rowsDropped = [{ kind: 'rewrite-rows', reason: 'rows that did not fit were dropped' }] as const;

const otherThing = (reader: TokenReader): Statement =>
  otherThings.has(reader.peek()?.keyword ?? '') || reader.at('SPATIAL', 'REFERENCE')
    ? irrelevant
    : reader.fail('a statement that is not known');

/** The first use of a table in memory after a restart of the server. */
const parseDeleteOfAll = (reader: TokenReader): Statement => {
  reader.expect('DELETE', 'FROM');
  const table = reader.tableName();
  return reader.ended ? { kind: 'truncate', table } : reader.fail('rows that are deleted by a statement');
};

const parseCreate = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): Statement => {
  const orReplace = reader.take('OR', 'REPLACE');
  if (reader.take('TEMPORARY') || reader.at('GLOBAL', 'TEMPORARY')) return irrelevant;
  if (reader.take('TABLE')) return parseCreateTable(reader, dialect, realAsFloat, orReplace);
  if (reader.takeOne('DATABASE', 'SCHEMA') !== null) {
    const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
    const name = reader.name();
    return { kind: 'create-database', name, orReplace, ifNotExists, charset: parseDatabaseOptions(reader) };
  }
  while (reader.takeOne('ONLINE', 'OFFLINE') !== null);
  if (reader.at('SPATIAL', 'REFERENCE')) return irrelevant;
  const unique = reader.take('UNIQUE');
  if (!unique) reader.takeOne('FULLTEXT', 'SPATIAL', 'VECTOR');
  if (reader.take('INDEX')) return parseCreateIndex(reader, unique, orReplace);
  return parseCreateOther(reader, orReplace) ?? otherThing(reader);
};

const parseCreateIndex = (reader: TokenReader, unique: boolean, orReplace: boolean): Statement => {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const name = reader.name();
  const before = takeUsing(reader);
  reader.expect('ON');
  const table = reader.tableName();
  const parts = parseKeyParts(reader);
  takeWait(reader);
  const hash = takeKeyOptions(reader) || before === 'HASH';
  takeOnlineOptions(reader);
  const key = { kind: unique ? 'unique' : 'other', name, parts, hash, ifNotExists } as const;
  const replaced = { kind: 'drop-key', name, ifExists: true } as const;
  const added = { kind: 'add-key', key } as const;
  return { kind: 'alter-table', table, ifExists: false, clauses: orReplace ? [replaced, added] : [added] };
};

const takeOnlineOptions = (reader: TokenReader) => {
  while (!reader.ended && !reader.takeSymbol(';')) {
    if (takeWait(reader)) continue;
    if (reader.takeOne('ALGORITHM', 'LOCK') === null) reader.fail('an option of an index that is not known');
    reader.takeSymbol('=');
    reader.next();
  }
};

const parseDrop = (reader: TokenReader): Statement => {
  if (reader.take('TEMPORARY')) return irrelevant;
  if (reader.takeOne('TABLE', 'TABLES') !== null) {
    reader.take('IF', 'EXISTS');
    const tables: TableName[] = [];
    do tables.push(reader.tableName());
    while (reader.takeSymbol(','));
    takeWait(reader);
    reader.takeOne('RESTRICT', 'CASCADE');
    expectEnd(reader);
    return { kind: 'drop-tables', tables };
  }
  if (reader.takeOne('DATABASE', 'SCHEMA') !== null) {
    reader.take('IF', 'EXISTS');
    return { kind: 'drop-database', name: reader.name() };
  }
  while (reader.takeOne('ONLINE', 'OFFLINE') !== null);
  if (!reader.take('INDEX')) return parseDropOthers(reader) ?? otherThing(reader);
  const ifExists = reader.take('IF', 'EXISTS');
  const name = reader.name();
  reader.expect('ON');
  const table = reader.tableName();
  takeOnlineOptions(reader);
  return { kind: 'alter-table', table, ifExists: false, clauses: [{ kind: 'drop-key', name, ifExists }] };
};

const parseRename = (reader: TokenReader): Statement => {
  const ifExists = reader.take('IF', 'EXISTS');
  const pairs: { from: TableName; to: TableName }[] = [];
  do {
    const from = reader.tableName();
    takeWait(reader);
    reader.expect('TO');
    pairs.push({ from, to: reader.tableName() });
  } while (reader.takeSymbol(','));
  expectEnd(reader);
  return { kind: 'rename-tables', ifExists, pairs };
};

const expectEnd = (reader: TokenReader) => {
  if (!reader.ended && !reader.takeSymbol(';')) reader.fail('more than is known');
};

const parseAlterDatabase = (reader: TokenReader): Statement => {
  const options = reader.at('DEFAULT') || reader.at('CHARACTER', 'SET') || reader.at('CHARSET') || reader.at('COLLATE');
  const name = options ? null : reader.name();
  if (reader.at('UPGRADE')) return irrelevant;
  return { kind: 'alter-database', name, charset: parseDatabaseOptions(reader) };
};

const parseDatabaseOptions = (reader: TokenReader): CharsetSpec => {
  let charset = noCharset;
  while (!reader.ended && !reader.takeSymbol(';')) {
    const set = takeCharsetOption(reader, charset);
    if (set !== null) charset = set;
    else {
      reader.take('DEFAULT');
      if (reader.take('READ', 'ONLY')) reader.takeSymbol('=');
      else if (reader.takeOne('COMMENT', 'ENCRYPTION') !== null) reader.takeSymbol('=');
      else reader.fail('an option of a database that is not known');
      reader.next();
    }
  }
  return charset;
};
