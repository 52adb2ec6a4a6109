import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ReplicationConnection } from './replication-connection.ts';

const message = (kind: string, ...parts: (string | number[])[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : Buffer.from(part))),
  );
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

describe('an error that arrives together with the end of the startup', () => {
  it('rejects the opening and ends no process', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const ready = [message('R', [0, 0, 0, 0]), message('Z', [0x49])];
        const fatal = message('E', 'SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection', [0]);
        socket.end(Buffer.concat([...ready, fatal]));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opening = ReplicationConnection.open({
      connection: { host: '127.0.0.1', port, user: 'u', database: 'd' },
      applicationName: 'millrace test',
      statement: 'START_REPLICATION …',
      handlers: { message: () => {}, keepalive: () => {}, lost: () => {} },
      signal: new AbortController().signal,
    });
    await expect(opening).rejects.toMatchObject({ code: '57P01' });
    server.close();
  });
});
