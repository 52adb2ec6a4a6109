import { describe, expect, it } from 'vitest';
import { connectionProblems, type MysqlConnection, resolveConnection } from './connection-options.ts';

const path = 'source.connection';
const paths = (connection: unknown) => connectionProblems(connection, path).map((problem) => problem.path);
const resolved = (connection: MysqlConnection) => {
  expect(connectionProblems(connection, path)).toEqual([]);
  return resolveConnection(connection);
};

const shop = {
  host: 'db.example',
  port: 3306,
  user: 'ann',
  password: 'p@ss/word:#(1)',
  database: 'shop',
  tls: { kind: 'preferred' },
  connectTimeout: 10_000,
};

describe('a connection', () => {
  it.each<[string, MysqlConnection]>([
    ['a URL', 'mysql://ann:p%40ss%2Fword%3A%23(1)@db.example/shop'],
    ['a URL of MariaDB', 'mariadb://ann:p%40ss%2Fword%3A%23(1)@db.example:3306/shop?ssl=preferred'],
    ['a DSN', 'ann:p@ss/word:#(1)@tcp(db.example:3306)/shop?tls=preferred'],
    ['a DSN without a port', 'ann:p@ss/word:#(1)@tcp(db.example)/shop'],
    ['an object', { host: 'db.example', user: 'ann', password: 'p@ss/word:#(1)', database: 'shop' }],
  ])('is %s', (_, connection) => {
    expect(resolved(connection)).toEqual(shop);
  });

  it('may have no password and no database, and an address of IPv6', () => {
    const expected = { host: '::1', port: 3307, user: 'ann', password: '', database: null };
    expect(resolved('mysql://ann@[::1]:3307')).toMatchObject(expected);
    expect(resolved('ann@tcp([::1]:3307)/')).toMatchObject(expected);
    expect(resolved('mysql://ann@db.example/?connectTimeout=50')).toMatchObject({ database: null, connectTimeout: 50 });
  });

  it.each([
    ['true', { kind: 'on', verify: 'identity' }],
    ['false', { kind: 'off' }],
    ['skip-verify', { kind: 'on', verify: 'nothing' }],
    ['preferred', { kind: 'preferred' }],
  ])('is encrypted as it says: %s', (tls, expected) => {
    expect(resolved(`mysql://ann@db.example/shop?ssl=${tls}`).tls).toEqual(expected);
    expect(resolved(`ann@tcp(db.example)/shop?tls=${tls}`).tls).toEqual(expected);
  });

  it('takes certificates of its own', () => {
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', verify: 'authority' } as const;
    expect(resolved({ host: 'x', user: 'y', tls }).tls).toEqual({ kind: 'on', ...tls });
    expect(resolved({ host: 'x', user: 'y', tls: {} }).tls).toEqual({ kind: 'on', verify: 'identity' });
  });

  it('says every problem at once', () => {
    const wrong = {
      host: '',
      port: 70_000,
      password: 1,
      database: '',
      tls: { ca: Buffer.of(1), cert: 'x', verify: 'no', file: 'x' },
      connectTimeout: 0,
      ssl: true,
    };
    expect(paths(wrong)).toEqual(
      [
        'host',
        'port',
        'user',
        'password',
        'database',
        'tls.ca',
        'tls.key',
        'tls.verify',
        'tls.file',
        'connectTimeout',
        'ssl',
      ].map((key) => `${path}.${key}`),
    );
    expect(paths('mysql://db.example:0/shop?ssl=maybe&charset=utf8')).toEqual(
      ['port', 'user', 'tls', 'charset'].map((key) => `${path}.${key}`),
    );
    expect(paths('tcp(db.example:x)/shop?tls=custom')).toEqual(['port', 'user', 'tls'].map((key) => `${path}.${key}`));
    for (const other of [undefined, 1, [], 'postgres://x/y', 'ann@unix(/tmp/x)/shop', 'mysql://ann:50%@x/y']) {
      expect(paths(other)).toEqual([path]);
    }
  });

  it('is never shown', () => {
    const secrets = ['mysql://ann:secret@x:secret/y?ssl=secret', 'ann:secret@unix(x)/y', 'mysql://ann:secret%@x'];
    for (const secret of secrets) {
      expect(connectionProblems(secret, path)).not.toEqual([]);
      expect(JSON.stringify(connectionProblems(secret, path))).not.toContain('secret');
    }
  });
});
