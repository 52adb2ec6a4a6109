import type { OtherKind, Statement } from './statement.ts';
import type { TableName, TokenReader } from './token-reader.ts';

const takeKind = (reader: TokenReader): OtherKind | null => {
  if (reader.take('VIEW')) return 'view';
  return reader.take('SEQUENCE') ? 'sequence' : null;
};

/** Reads a view or sequence behind `CREATE [OR REPLACE]`, up to its name; `null`: it is neither. */
export const parseCreateOther = (reader: TokenReader, orReplace: boolean): Statement | null => {
  if (reader.take('ALGORITHM')) {
    reader.takeSymbol('=');
    reader.name();
  }
  if (reader.take('DEFINER')) takeDefiner(reader);
  if (reader.take('SQL', 'SECURITY')) reader.name();
  if (reader.take('JSON') && !reader.take('DUALITY')) reader.take('RELATIONAL', 'DUALITY');
  const what = takeKind(reader);
  if (what === null) return null;
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  return { kind: 'create-other', what, name: reader.tableName(), orReplace, ifNotExists };
};

/** `user`, `user@host` or `CURRENT_USER()`. */
const takeDefiner = (reader: TokenReader) => {
  reader.takeSymbol('=');
  reader.next();
  if (reader.atSymbol('(')) reader.skipParentheses();
  if (reader.peek()?.kind !== 'variable') return;
  if (reader.next().text === '@') reader.next();
};

/** Reads views or sequences behind `DROP`; `null`: it is neither. */
export const parseDropOthers = (reader: TokenReader): Statement | null => {
  const what = takeKind(reader);
  if (what === null) return null;
  reader.take('IF', 'EXISTS');
  const names: TableName[] = [];
  do names.push(reader.tableName());
  while (reader.takeSymbol(','));
  return { kind: 'drop-others', what, names };
};
