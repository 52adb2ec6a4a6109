import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type MysqlConnectionOptions,
  resolveConnection,
} from '../../packages/mysql-client/src/connection/connection-options.ts';
import { MysqlSession } from '../../packages/mysql-client/src/connection/mysql-session.ts';
import type { MysqlTls } from '../../packages/mysql-client/src/connection/tls-options.ts';
import { createMysqlDatabase, type MysqlServer, type MysqlSettings, mysqlNames, startMysql } from '../harness/index.ts';

const authority = await generate([{ name: 'commonName', value: 'Millrace test authority' }], {
  extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
});
const signed = (names: readonly { type: 2; value: string }[] | readonly { type: 7; ip: string }[]) =>
  generate([{ name: 'commonName', value: 'server' }], {
    extensions: [{ name: 'subjectAltName', altNames: [...names] }],
    ca: { key: authority.private, cert: authority.cert },
  });
const server = await signed([{ type: 7, ip: '127.0.0.1' }]);
const client = await signed([{ type: 2, value: 'client' }]);
const stranger = await generate([{ name: 'commonName', value: 'stranger' }]);
const ca = authority.cert;

const files = { 'own-ca.pem': ca, 'own-cert.pem': server.cert, 'own-key.pem': server.private };
const settings = { ssl_ca: 'own-ca.pem', ssl_cert: 'own-cert.pem', ssl_key: 'own-key.pem' };

const rejected = (code: string) => ({ code, recovery: 'operator' });

describe.each(mysqlNames())('TLS to %s', (name) => {
  let own: MysqlServer;

  beforeAll(async () => {
    own = await startMysql({ name, settings, files });
  });

  afterAll(() => own?.stop());

  /** The cipher of a session, empty for one that is not encrypted. */
  const cipher = async (tls: MysqlTls | undefined, given: Partial<MysqlConnectionOptions> = {}): Promise<string> => {
    const to = {
      host: own.host,
      port: own.port,
      user: 'root',
      password: 'root',
      ...(tls === undefined ? {} : { tls }),
    };
    await using session = await MysqlSession.open(resolveConnection({ ...to, ...given }), { applicationName: 'tls' });
    const [row] = await session.query<{ Value: string }>("SHOW STATUS LIKE 'Ssl_cipher'");
    return row?.Value ?? '';
  };

  it('is used where it is offered, unless it is switched off', async () => {
    expect(await cipher(undefined)).not.toBe('');
    expect(await cipher('preferred')).not.toBe('');
    expect(await cipher('skip-verify')).not.toBe('');
    expect(await cipher(false)).toBe('');
  });

  it('is to a server whose certificate is verified', async () => {
    expect(await cipher({ ca })).not.toBe('');
    expect(await cipher({ ca, verify: 'authority' }, { host: 'localhost' })).not.toBe('');
    await expect(cipher({ ca }, { host: 'localhost' })).rejects.toMatchObject(rejected('TLS_FAILED'));
    await expect(cipher(true)).rejects.toMatchObject(rejected('TLS_FAILED'));
    await expect(cipher({ ca: stranger.cert })).rejects.toMatchObject(rejected('TLS_FAILED'));
    expect(await cipher({ ca: stranger.cert, verify: 'nothing' })).not.toBe('');
  });

  it('shows the certificate of a user who needs one', async () => {
    await using database = await createMysqlDatabase(own);
    const { name: user, password } = await database.createUser();
    await database.query(`ALTER USER ${user} REQUIRE X509`);
    const shown = { cert: client.cert, key: client.private };
    expect(await cipher({ ca, ...shown }, { user, password })).not.toBe('');
    for (const tls of [{ ca }, false] as const) {
      await expect(cipher(tls, { user, password })).rejects.toMatchObject(rejected('AUTHENTICATION_FAILED'));
    }
    const unknown = { ca, cert: stranger.cert, key: stranger.private };
    await expect(cipher(unknown, { user, password })).rejects.toMatchObject({
      code: expect.stringMatching(/^(TLS_FAILED|AUTHENTICATION_FAILED|CONNECTION_LOST)$/),
    });
  });

  it('is done without where the server has none, unless it is asked for', async () => {
    const none: MysqlSettings = own.kind === 'mysql' ? { tls_version: '' } : { ssl: false };
    await using plain = await startMysql({ name, settings: none });
    const to = { port: plain.port };
    expect(await cipher(undefined, to)).toBe('');
    await expect(cipher('skip-verify', to)).rejects.toMatchObject(rejected('TLS_FAILED'));
  });

  it('is not needed for the plugins of the server', async () => {
    await using database = await createMysqlDatabase(own);
    const how =
      own.kind === 'mysql' ? 'WITH caching_sha2_password BY ?' : 'VIA mysql_native_password USING PASSWORD(?)';
    for (const password of ["it's a p@ss:wörd", '']) {
      const { name: user } = await database.createUser();
      await database.query(`ALTER USER ${user} IDENTIFIED ${how}`, [password]);
      for (const tls of [false, 'skip-verify', false] as const) {
        expect(await cipher(tls, { user, password })).toEqual(tls === false ? '' : expect.stringContaining('_'));
      }
      const wrong = cipher(false, { user, password: 'wrong' });
      await expect(wrong).rejects.toMatchObject(rejected('AUTHENTICATION_FAILED'));
    }
  });
});
