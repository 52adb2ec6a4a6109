import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { until } from '../waiting/until.ts';
import { LeakCheck } from './leak-check.ts';

it('names what is left open until it is closed', async () => {
  const check = new LeakCheck();
  const timer = setTimeout(() => {}, 60_000);
  expect(check.leaks()).toEqual(['Timeout: 1']);
  clearTimeout(timer);
  expect(check.leaks()).toEqual([]);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as { readonly port: number }).port, '127.0.0.1').unref();
  const [accepted] = await once(server, 'connection');
  expect(check.leaks().map((leak) => leak.split(':')[0])).toContain('TCPServerWrap');
  client.destroy();
  accepted.destroy();
  server.close();
  await until(() => check.leaks().length === 0, { describe: 'nothing left open' });
});

it('sees sockets that keep nothing alive', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const check = new LeakCheck();
  const other = createServer().listen(0, '127.0.0.1').unref();
  await once(other, 'listening');
  expect(check.leaks()).toEqual(['sockets: 1']);
  other.close();
  await once(other, 'close');
  expect(check.leaks()).toEqual([]);
  server.close();
});
