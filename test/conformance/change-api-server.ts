import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiChange, ApiChanges, ApiTable, ApiTransaction } from '../../examples/polling-source/src/change-api.ts';

/** The API that examples/polling-source asks: a log of transactions in memory. */
export class ChangeApiServer implements AsyncDisposable {
  #log = randomUUID();
  readonly #transactions: ApiTransaction[] = [];
  readonly #tables: readonly ApiTable[];
  readonly #server: Server;
  /** The cursor from which on there are transactions. */
  #kept = 0;

  constructor(tables: readonly ApiTable[]) {
    this.#tables = tables;
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const after = Number(searchParams.get('after') ?? this.#head);
      if (pathname === '/tables') response.end(JSON.stringify(this.#tables));
      else if (after < this.#kept || after > this.#head) response.writeHead(410).end();
      else response.end(JSON.stringify(this.#answer(after, Number(searchParams.get('limit')))));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  commit(changes: readonly ApiChange[]): void {
    this.#transactions.push({ cursor: this.#head + 1, committedAt: Date.now(), changes });
  }

  /** Forgets every transaction there is. */
  forget(): void {
    this.#kept = this.#head;
  }

  /** Begins a log anew that has the same cursors. */
  replaceLog(): void {
    this.#log = randomUUID();
  }

  async [Symbol.asyncDispose]() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get #head(): number {
    return this.#transactions.at(-1)?.cursor ?? 0;
  }

  #answer(after: number, limit: number): ApiChanges {
    const transactions = this.#transactions.slice(after, after + limit);
    return { log: this.#log, head: this.#head, time: Date.now(), transactions };
  }
}
