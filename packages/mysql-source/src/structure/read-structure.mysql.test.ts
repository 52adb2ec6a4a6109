import type { StructurePart } from '@millrace/core';
import { MysqlSession, resolveConnection } from '@millrace/mysql-client';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { readStructure } from './read-structure.ts';

describe.each(mysqlNames())('what tables have beside columns and key at %s', (name) => {
  const server = sharedMysql(name);
  const isMysql = server.kind === 'mysql';
  const dialect = server.kind;

  it('is described so that it can be made again', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(
      `CREATE TABLE \`odd "\`\`.t\` (id bigint AUTO_INCREMENT COMMENT 'a ''comment''', code varchar(20) CHARACTER SET latin1 COLLATE latin1_bin UNIQUE,
        b int NOT NULL DEFAULT -7, word varchar(30) DEFAULT 'it''s \\\\ "', bits bit(3) DEFAULT b'101', at datetime(3) DEFAULT CURRENT_TIMESTAMP(3),
        changed timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, twice int GENERATED ALWAYS AS (b * 2) STORED, body text,
        made varchar(40) DEFAULT (concat('a', 'b')), strange varchar(9) DEFAULT 'a?',
        PRIMARY KEY (id), KEY \`by \`\`b\` (b DESC, code(5)), FULLTEXT KEY words (body)${isMysql ? ', KEY hidden (b) INVISIBLE, KEY computed ((b + 1))' : ', KEY hidden (b) IGNORED'},
        CONSTRAINT positive CHECK (b > -100)) COMMENT = 'their table'`,
    );
    await database.query(
      `CREATE TABLE refers (id int PRIMARY KEY, t bigint, CONSTRAINT to_t FOREIGN KEY (t) REFERENCES \`odd "\`\`.t\` (id) ON DELETE CASCADE ON UPDATE SET NULL)`,
    );
    await using session = await MysqlSession.open(resolveConnection(database.url), { applicationName: 'test' });
    const [odd, refers, none] = ['odd "`.t', 'refers', 'none'].map((table) => `${database.name}.${table}`);
    const structures = await readStructure([odd ?? '', refers ?? '', none ?? ''])(session);
    expect([...structures.keys()]).toEqual([odd, refers, none]);
    const at = (column: string, parts = {}) => ({
      name: column,
      descending: false,
      length: null,
      collation: null,
      ...parts,
    });
    const found = structures.get(odd ?? '') ?? [];
    const named = (of: string) => found.filter((part) => ('name' in part ? part.name : part.column) === of);
    expect(named('PRIMARY')).toMatchObject([{ kind: 'unique', columns: ['id'], indexed: [at('id')], dialect }]);
    expect(named('code')).toMatchObject([
      { kind: 'unique', columns: ['code'], indexed: [at('code', { collation: 'latin1_bin' })], constraint: null },
    ]);
    const collation = 'latin1_bin';
    expect(named('by `b')).toEqual([
      {
        kind: 'index',
        name: 'by `b',
        // MariaDB has descending indexes since 10.8.
        sql: 'KEY `by ``b` (`b` DESC,`code`(5))',
        dialect,
        indexed: [at('b', { descending: true }), at('code', { length: 5, collation })],
      },
    ]);
    expect(named('words')).toMatchObject([{ indexed: null, sql: 'FULLTEXT KEY `words` (`body`)' }]);
    expect(named('hidden')).toMatchObject([{ indexed: null, sql: expect.stringMatching(/INVISIBLE|IGNORED/) }]);
    if (isMysql) expect(named('computed')).toMatchObject([{ indexed: null, sql: 'KEY `computed` (((`b` + 1)))' }]);
    expect(named('positive')).toEqual([
      {
        kind: 'check',
        name: 'positive',
        sql: expect.stringMatching(/^CHECK \(+`b` > (?:-100|\(-\(100\)\)|-\(100\)).*\)$/),
        validated: true,
        dialect,
      },
    ]);
    const constant = (text: string) => ({ kind: 'constant', text });
    const values = found.flatMap((part) => (part.kind === 'default' ? [[part.column, part.value]] : []));
    expect(values).toEqual([
      ['b', constant('-7')],
      ['word', constant('it\'s \\ "')],
      ['bits', constant('101')],
      ['at', { kind: 'now', onUpdate: false }],
      ['changed', { kind: 'now', onUpdate: true }],
      ['made', null],
      ['strange', null],
    ]);
    expect(found.filter(({ kind }) => kind === 'identity' || kind === 'comment')).toEqual([
      { kind: 'identity', column: 'id', increment: '1', sql: 'AUTO_INCREMENT', dialect },
      { kind: 'comment', column: null, text: 'their table' },
      { kind: 'comment', column: 'id', text: "a 'comment'" },
    ]);
    const key: StructurePart = {
      kind: 'foreign-key',
      name: 'to_t',
      columns: ['t'],
      sql: 'ON DELETE CASCADE ON UPDATE SET NULL',
      dialect,
      references: { schema: database.name, table: 'odd "`.t', columns: ['id'] },
      onDelete: 'cascade',
      onUpdate: 'set null',
      match: 'simple',
      deferrable: false,
      validated: true,
    };
    expect(structures.get(refers ?? '')?.filter(({ kind }) => kind === 'foreign-key')).toEqual([key]);
    expect(structures.get(none ?? '')).toEqual([]);
  });
});
