import type { KeyPart, KeySpec } from './statement.ts';
import type { TokenReader } from './token-reader.ts';

/**
 * Reads a key or constraint of a table: `null` if none begins here; `'check'` for what is no key.
 *
 * @throws {NotUnderstood} at keys of which rows cannot be told apart as by other keys (WITHOUT OVERLAPS)
 */
export const parseKey = (reader: TokenReader): KeySpec | 'check' | null => {
  let symbol: string | null = null;
  const constraint = reader.take('CONSTRAINT');
  // MariaDB takes it before checks alone.
  if (constraint) reader.take('IF', 'NOT', 'EXISTS');
  if (constraint && !reader.at('PRIMARY') && !reader.at('UNIQUE') && !reader.at('FOREIGN') && !reader.at('CHECK')) {
    symbol = reader.name();
    if (reader.takeSymbol('.')) symbol = reader.name();
  }
  if (reader.take('PRIMARY', 'KEY')) return rest(reader, 'primary', null);
  if (reader.take('UNIQUE')) {
    reader.takeOne('INDEX', 'KEY');
    return rest(reader, 'unique', symbol);
  }
  if (reader.take('FOREIGN', 'KEY')) return foreignKey(reader, symbol);
  if (reader.take('CHECK')) {
    reader.skipParentheses();
    if (!reader.take('NOT', 'ENFORCED')) reader.take('ENFORCED');
    return 'check';
  }
  if (constraint) return reader.fail('a constraint that is not known');
  const special = reader.takeOne('FULLTEXT', 'SPATIAL');
  if (special !== null) {
    reader.takeOne('INDEX', 'KEY');
    return rest(reader, 'other', null);
  }
  if (reader.take('VECTOR', 'INDEX') || reader.take('VECTOR', 'KEY')) return rest(reader, 'other', null);
  return reader.takeOne('INDEX', 'KEY') === null ? null : rest(reader, 'other', null);
};

const rest = (reader: TokenReader, kind: KeySpec['kind'], symbol: string | null): KeySpec => {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const named = !reader.atSymbol('(') && !atUsing(reader) ? reader.name() : null;
  const before = takeUsing(reader);
  const parts = parseKeyParts(reader);
  const hash = takeKeyOptions(reader) || before === 'HASH';
  return { kind, name: kind === 'primary' ? null : (named ?? symbol), parts, hash, ifNotExists };
};

const atUsing = (reader: TokenReader) =>
  (reader.at('USING') || reader.at('TYPE')) && ['BTREE', 'HASH', 'RTREE'].includes(reader.peek(1)?.keyword ?? '');

/** The kind of index that is asked for, if that is next. */
export const takeUsing = (reader: TokenReader): string | null => {
  if (!atUsing(reader)) return null;
  reader.next();
  return reader.next().keyword;
};

/** The columns of a key, in parentheses. */
export const parseKeyParts = (reader: TokenReader): readonly KeyPart[] => {
  const parts: KeyPart[] = [];
  reader.list(() => {
    if (reader.atSymbol('(')) {
      reader.skipParentheses();
      parts.push({ column: null, length: null });
    } else {
      const column = reader.name();
      let length: number | null = null;
      if (reader.takeSymbol('(')) {
        length = reader.integer();
        reader.expectSymbol(')');
      }
      parts.push({ column, length });
    }
    reader.takeOne('ASC', 'DESC');
  });
  return parts;
};

/** What may stand behind the columns of a key, and says nothing of what is unique. Returns whether it asks for a hash. */
export const takeKeyOptions = (reader: TokenReader): boolean => {
  let hash = false;
  const valued = [
    'KEY_BLOCK_SIZE',
    'COMMENT',
    'ENGINE_ATTRIBUTE',
    'SECONDARY_ENGINE_ATTRIBUTE',
    'CLUSTERING',
    'M',
    'DISTANCE',
  ];
  for (;;) {
    const using = takeUsing(reader);
    hash ||= using === 'HASH';
    if (using !== null || reader.takeOne('VISIBLE', 'INVISIBLE', 'IGNORED') !== null) continue;
    if (reader.take('NOT', 'IGNORED')) continue;
    if (reader.take('WITH', 'PARSER')) reader.name();
    else if (reader.takeOne(...valued) !== null) {
      reader.takeSymbol('=');
      reader.next();
    } else return hash;
  }
};

const foreignKey = (reader: TokenReader, symbol: string | null): KeySpec => {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const named = reader.atSymbol('(') ? null : reader.name();
  const parts = parseKeyParts(reader);
  takeReferences(reader);
  return { kind: 'foreign', name: symbol ?? named, parts, hash: false, ifNotExists };
};

/** `REFERENCES …` and what it does when rows there change. */
export const takeReferences = (reader: TokenReader): void => {
  reader.expect('REFERENCES');
  reader.tableName();
  if (reader.atSymbol('(')) reader.skipParentheses();
  for (;;) {
    if (reader.take('MATCH')) reader.next();
    else if (reader.take('ON', 'DELETE') || reader.take('ON', 'UPDATE')) {
      if (reader.take('SET')) reader.next();
      else if (reader.take('NO')) reader.expect('ACTION');
      else if (reader.takeOne('CASCADE', 'RESTRICT') === null) reader.fail('an action that is not known');
    } else return;
  }
};
