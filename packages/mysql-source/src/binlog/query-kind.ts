import { StatementScanner } from './statement-scanner.ts';
import { formatXaId } from './xa-id.ts';

/** What a statement in the log does. */
export type QueryKind =
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  /** Rows between the two are taken back by the second. Names are equal in any case of letters. */
  | { readonly kind: 'savepoint' | 'rollback-to'; readonly name: string }
  /** `xid` as `xa-prepare` events have it. */
  | { readonly kind: 'xa-start' | 'xa-end' | 'xa-prepare' | 'xa-commit' | 'xa-rollback'; readonly xid: string }
  /** CREATE, ALTER, DROP, RENAME, TRUNCATE, of whatever. */
  | { readonly kind: 'definition' }
  /** It may change rows that the log does not show. */
  | { readonly kind: 'data' }
  /** Of no consequence to rows and tables, as GRANT, ANALYZE and FLUSH are, or empty. */
  | { readonly kind: 'administration' }
  | { readonly kind: 'unknown' };

const simpleKinds: ReadonlyMap<string, QueryKind> = new Map(
  (
    [
      ['begin', ['BEGIN']],
      ['commit', ['COMMIT']],
      ['definition', ['CREATE', 'ALTER', 'DROP', 'RENAME', 'TRUNCATE']],
      [
        'data',
        [
          ...['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'LOAD', 'MERGE', 'IMPORT', 'CALL', 'DO', 'EXECUTE', 'HANDLER'],
          ...['SELECT', 'WITH', 'TABLE', 'VALUES', 'BINLOG'],
        ],
      ],
      [
        'administration',
        [
          ...['GRANT', 'REVOKE', 'SET', 'FLUSH', 'ANALYZE', 'OPTIMIZE', 'REPAIR', 'CHECK', 'CHECKSUM', 'CACHE'],
          ...['INSTALL', 'UNINSTALL', 'RELEASE', 'RESET', 'PURGE', 'CHANGE', 'STOP', 'LOCK', 'UNLOCK', 'USE', 'KILL'],
        ],
      ],
    ] as const
  ).flatMap(([kind, words]) => words.map((word): [string, QueryKind] => [word, { kind }])),
);

const xaKinds = {
  START: 'xa-start',
  BEGIN: 'xa-start',
  END: 'xa-end',
  PREPARE: 'xa-prepare',
  COMMIT: 'xa-commit',
  ROLLBACK: 'xa-rollback',
} as const;

/** Tells what a statement does by its first words. Never throws. */
export const queryKind = (sql: string): QueryKind => {
  const scanner = new StatementScanner(sql);
  return simpleKinds.get(sql) ?? (scanner.atEnd ? { kind: 'administration' } : kindOf(scanner));
};

const kindOf = (scanner: StatementScanner): QueryKind => {
  const word = firstWord(scanner);
  switch (word) {
    case 'ROLLBACK':
      return rollback(scanner);
    case 'SAVEPOINT':
      return { kind: 'savepoint', name: scanner.name() };
    case 'XA':
      return xaKind(scanner);
    case 'START':
      return { kind: scanner.word() === 'TRANSACTION' ? 'begin' : 'administration' };
    default:
      return simpleKinds.get(word) ?? { kind: 'unknown' };
  }
};

/** Behind parentheses, and behind `SET STATEMENT variable = value, … FOR` of MariaDB. */
const firstWord = (scanner: StatementScanner): string => {
  for (;;) {
    while (scanner.character('('));
    const word = scanner.word();
    if (word !== 'SET' || scanner.word() !== 'STATEMENT') return word;
    scanner.skipTo('FOR');
  }
};

/** `ROLLBACK [WORK] [TO [SAVEPOINT] name]` */
const rollback = (scanner: StatementScanner): QueryKind => {
  const word = scanner.word();
  if ((word === 'WORK' ? scanner.word() : word) !== 'TO') return { kind: 'rollback' };
  const name = scanner.name();
  return { kind: 'rollback-to', name: name.toUpperCase() === 'SAVEPOINT' && !scanner.atEnd ? scanner.name() : name };
};

/** `XA what global[, branch[, format]]`, each part a string or hexadecimal. */
const xaKind = (scanner: StatementScanner): QueryKind => {
  const action = scanner.word();
  if (!(action in xaKinds)) return { kind: 'unknown' };
  const global = xaPart(scanner);
  const branch = scanner.character(',') ? xaPart(scanner) : '';
  const format = scanner.character(',') ? scanner.word() : '1';
  return { kind: xaKinds[action as keyof typeof xaKinds], xid: formatXaId(global, branch, Number(format)) };
};

const xaPart = (scanner: StatementScanner): string => {
  const text = scanner.quoted();
  if (text !== null) return Buffer.from(text).toString('hex');
  const word = scanner.word();
  if (word === 'X') return (scanner.quoted() ?? '').toLowerCase();
  return word.replace(/^0X/, '').toLowerCase();
};
