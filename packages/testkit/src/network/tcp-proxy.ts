import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.ts';
import { type Direction, ProxyConnection } from './proxy-connection.ts';
import { ProxyStep, type Step, type StepAction, type StepOptions } from './proxy-step.ts';

/** A database server that a proxy can stand in front of: a `PostgresEndpoint`, a `MysqlEndpoint`, another proxy. */
export interface ProxyTarget {
  readonly version: number;
  readonly host: string;
  readonly port: number;
  /** Connection string of the superuser for a database; its scheme says which protocol is spoken. */
  url(database?: string): string;
}

export interface ProxyOptions {
  readonly target: ProxyTarget;
  /** Statements of clients of MySQL and MariaDB are read, too, unless they are encrypted: for steps. Whole packets are held then. */
  readonly readsPackets?: boolean;
}

/** Starts a proxy on a free loopback port in front of a server. */
export async function startProxy({ target, readsPackets = false }: ProxyOptions): Promise<TcpProxy> {
  const proxy = new TcpProxy(target, await freePort(), readsPackets);
  await proxy.accept();
  return proxy;
}

/**
 * Stands between clients and a database server and breaks their connections on request, at once
 * or at a named step of the protocol. To a client it is the server at another address.
 */
export class TcpProxy implements ProxyTarget, AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly version: number;
  readonly #target: ProxyTarget;
  readonly #readsPackets: boolean;
  readonly #connections = new Set<ProxyConnection>();
  readonly #steps: ProxyStep[] = [];
  #frozen = false;
  #rate: number | undefined;
  #listener: Server | undefined;

  constructor(target: ProxyTarget, port: number, readsPackets: boolean) {
    this.#target = target;
    this.#readsPackets = readsPackets;
    this.port = port;
    this.version = target.version;
  }

  /** Connection string of the superuser for a database, through the proxy. */
  url(database?: string): string {
    const url = new URL(this.#target.url(database));
    url.hostname = this.host;
    url.port = String(this.port);
    return url.href;
  }

  /** The connections that are open, oldest first. */
  get connections(): readonly ProxyConnection[] {
    return [...this.#connections];
  }

  /**
   * Asks for an action at a step of a connection; the next connection that gets there takes it.
   * When several requests apply to one statement, the oldest does. The statements of other servers than PostgreSQL are
   * read only where the proxy was told so.
   */
  at(step: Step, action: StepAction, options: StepOptions = {}): ProxyStep {
    const request = new ProxyStep(step, action, options);
    this.#steps.push(request);
    return request;
  }

  /** Resets every open connection, on both sides. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Stops carrying anything, on new connections too, which are still accepted. */
  freeze(): void {
    this.#frozen = true;
    for (const connection of this.#connections) connection.freeze();
  }

  /** Ends every freeze. */
  thaw(): void {
    this.#frozen = false;
    for (const connection of this.#connections) connection.thaw();
  }

  /** Limits each direction of each connection, new ones too; without a number, ends the limit. */
  slow(bytesPerSecond?: number): void {
    this.#rate = bytesPerSecond;
    for (const connection of this.#connections) connection.slow(bytesPerSecond);
  }

  /** Swallows everything in this direction of the connections that are open, for as long as they last. */
  drop(direction: Direction): void {
    for (const connection of this.#connections) connection.drop(direction);
  }

  /** Refuses new connections from now on, as when no server runs; open ones stay. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Accepts new connections again. */
  async accept(): Promise<void> {
    if (this.#listener !== undefined) return;
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#open(client));
    this.#listener = listener;
    listener.listen({ port: this.port, host: this.host });
    await once(listener, 'listening');
  }

  /** Cuts every connection and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    const open = this.connections;
    this.cut();
    await Promise.all(open.map((connection) => connection.closed));
  }

  #open(client: Socket): void {
    const server = connect({ host: this.#target.host, port: this.#target.port, allowHalfOpen: true });
    const connection = new ProxyConnection(client, server, (from, statement) => this.#claim(from, statement));
    if (new URL(this.#target.url()).protocol === 'mysql:')
      if (this.#readsPackets) connection.readPackets();
      else connection.carryUnread();
    if (this.#frozen) connection.freeze();
    connection.slow(this.#rate);
    this.#connections.add(connection);
    connection.closed.then(() => this.#connections.delete(connection));
  }

  #claim(connection: ProxyConnection, statement: string | null): ProxyStep | undefined {
    // Every step counts the statement, so that two requests do not change each other's counts.
    const [step] = this.#steps.filter((candidate) => candidate.isDue(connection, statement));
    step?.claim();
    return step;
  }
}
