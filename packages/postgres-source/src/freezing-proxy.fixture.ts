import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { type PostgresEndpoint, postgresUrl } from '../../../test/harness/index.ts';

/** A TCP relay that can stop relaying without closing anything, as a broken network does. For tests. */
export class FreezingProxy implements AsyncDisposable {
  readonly #endpoint: PostgresEndpoint;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #clients = 0;
  #frozen = false;

  static async start(endpoint: PostgresEndpoint): Promise<FreezingProxy> {
    const proxy = new FreezingProxy(endpoint);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(endpoint: PostgresEndpoint) {
    this.#endpoint = endpoint;
    this.#server = createServer((client) => this.#relay(client));
  }

  /** Connections that their clients have not closed. */
  get clients(): number {
    return this.#clients;
  }

  url(database: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return postgresUrl({ host: '127.0.0.1', port }, database);
  }

  freeze(): void {
    this.#frozen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(client: Socket): void {
    const upstream = new Socket().connect(this.#endpoint.port, this.#endpoint.host);
    this.#clients += 1;
    client.once('close', () => {
      this.#clients -= 1;
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('data', (chunk) => {
        if (!this.#frozen && !to.write(chunk)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.once('end', () => {
        if (!this.#frozen) to.end();
        else from.destroy();
      });
      from.once('close', () => to.destroy());
    }
  }
}
