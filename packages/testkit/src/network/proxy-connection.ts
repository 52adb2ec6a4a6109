import type { Socket } from 'node:net';
import { asksForReady, openingMessage, type StartupParameters, StatementReader } from './frontend-message.ts';
import { MessageReader, type ProtocolMessage } from './message-reader.ts';
import { MysqlPackets } from './mysql-packets.ts';
import { Pause } from './pause.ts';
import { ProxyLane } from './proxy-lane.ts';
import type { ProxyStep } from './proxy-step.ts';

/** One way through a proxied connection. */
export type Direction = 'to-server' | 'to-client';

/** One end of a proxied connection. */
export type Side = 'client' | 'server';

const copyDone = 'c';

/** A client's connection through the proxy. */
export class ProxyConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #claim: (connection: ProxyConnection, statement: string | null) => ProxyStep | undefined;
  readonly #pause = new Pause();
  readonly #fromClient = new MessageReader('untyped');
  readonly #fromServer = new MessageReader('typed');
  readonly #statements = new StatementReader();
  /** Of a connection to MySQL or MariaDB whose statements are read. */
  #packets: MysqlPackets | null = null;
  readonly #lanes: Record<Direction, ProxyLane>;
  readonly #answers = new Map<number, () => void>();
  #startup: StartupParameters = {};
  #statementCount = 0;
  /** Replies asked for and replies that came, each ending with ReadyForQuery; the startup asks for the first. */
  #asked = 1;
  #answered = 0;
  /** By reply: the step that waits for it, and the part of it that has come. */
  readonly #awaited = new Map<number, { readonly step: ProxyStep; readonly kept: ProtocolMessage[] }>();
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;

  constructor(
    client: Socket,
    server: Socket,
    claim: (connection: ProxyConnection, statement: string | null) => ProxyStep | undefined,
  ) {
    this.#client = client;
    this.#server = server;
    this.#claim = claim;
    const pause = this.#pause;
    const toServer = { from: client, to: server, reader: this.#fromClient, pause };
    const toClient = { from: server, to: client, reader: this.#fromServer, pause };
    this.#lanes = {
      'to-server': new ProxyLane({ ...toServer, inspect: (message) => this.#inspectFrontend(message) }),
      'to-client': new ProxyLane({ ...toClient, inspect: (message) => this.#inspectBackend(message) }),
    };
    // A broken socket ends its lane; what is left for the listener is to keep the process alive.
    for (const socket of [client, server]) socket.setNoDelay().on('error', () => {});
    const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
    this.closed = Promise.all([client, server].map(closed)).then(() => {});
    // The server may still have to work through what it was sent, so its connection ends in order in either case.
    const endServer = () => server.end();
    this.#lanes['to-server'].run().then(endServer, endServer);
    this.#lanes['to-client'].run().then(
      () => client.end(),
      () => reset(client),
    );
    server.once('close', () => {
      for (const answered of this.#answers.values()) answered();
    });
  }

  /** Carries bytes as they come, of a protocol that is not PostgreSQL's. To be called before anything is carried. */
  carryUnread(): void {
    this.#fromClient.format = 'opaque';
    this.#fromServer.format = 'opaque';
  }

  /** Reads the statements of a client of MySQL or MariaDB, unless it goes on encrypted. To be called before anything is carried. */
  readPackets(): void {
    this.#packets = new MysqlPackets();
    this.#fromClient.format = 'packet';
    this.#fromServer.format = 'packet';
    // Nothing is asked for by logging in.
    this.#answered = this.#asked;
  }

  /** What the client opened the connection with; empty until it has. */
  get startup(): StartupParameters {
    return this.#startup;
  }

  /** How many statements have reached the proxy. */
  get statementCount(): number {
    return this.#statementCount;
  }

  /** Breaks the connection with a reset; with a side, only that side's, and the other learns of it when its lane does. */
  cut(side?: Side): void {
    if (side !== 'server') reset(this.#client);
    if (side !== 'client') reset(this.#server);
    if (side === undefined) this.#pause.end();
  }

  /** Stops carrying anything in either direction; both sockets stay open. */
  freeze(): void {
    this.#pause.begin();
  }

  /** Ends `freeze`; what was held back is carried on. */
  thaw(): void {
    this.#pause.end();
  }

  /** Limits each direction to this many bytes per second; without a number, ends the limit. */
  slow(bytesPerSecond?: number): void {
    for (const lane of Object.values(this.#lanes)) lane.rate = bytesPerSecond;
  }

  /** Swallows everything in this direction from now on. */
  drop(direction: Direction): void {
    this.#lanes[direction].dropping = true;
  }

  /** The number of the reply that the statement now being carried will get. */
  get nextReply(): number {
    return this.#asked + 1;
  }

  /** Resolves when the server has sent this reply in full, or has closed the connection. */
  answered(reply: number): Promise<void> {
    if (this.#answered >= reply || this.#server.closed) return Promise.resolve();
    return new Promise((resolve) => this.#answers.set(reply, resolve));
  }

  /** Keeps back a reply until it is complete, and then lets the step act on it. */
  awaitReply(reply: number, step: ProxyStep): void {
    this.#awaited.set(reply, { step, kept: [] });
  }

  #inspectFrontend(message: ProtocolMessage): readonly ProtocolMessage[] {
    if (this.#packets !== null) return this.#inspectPacket(message, this.#packets);
    if (this.#fromClient.format === 'untyped') this.#inspectOpening(message);
    const statement = this.#statements.statement(message);
    if (statement !== undefined) {
      this.#statementCount++;
      this.#claim(this, statement)?.begin(this);
    }
    if (message.type === copyDone) this.#claim(this, null)?.begin(this);
    if (asksForReady(message.type)) this.#asked++;
    return [message];
  }

  #inspectPacket(message: ProtocolMessage, packets: MysqlPackets): readonly ProtocolMessage[] {
    if (packets.asksForEncryption(message.bytes)) {
      this.#packets = null;
      this.carryUnread();
      return [message];
    }
    const statement = packets.statement(message.bytes);
    if (statement === undefined) return [message];
    this.#statementCount++;
    this.#claim(this, statement)?.begin(this);
    this.#asked++;
    return [message];
  }

  #inspectOpening({ bytes }: ProtocolMessage): void {
    const opening = openingMessage(bytes);
    if (opening.kind === 'encryption-request') {
      this.#fromServer.format = 'byte';
      return;
    }
    this.#fromClient.format = 'typed';
    if (opening.kind === 'startup') this.#startup = opening.parameters;
  }

  #inspectBackend(message: ProtocolMessage): readonly ProtocolMessage[] {
    if (this.#fromServer.format === 'byte') {
      const granted = message.bytes.toString('latin1') !== 'N';
      this.#fromServer.format = granted ? 'opaque' : 'typed';
      if (granted) this.#fromClient.format = 'opaque';
    }
    const awaited = this.#awaited.get(this.#answered + 1);
    const complete = this.#packets?.endsAnswer(message.bytes) ?? message.type === 'Z';
    if (complete) this.#answers.get(++this.#answered)?.();
    if (awaited === undefined) return [message];
    awaited.kept.push(message);
    if (!complete) return [];
    return awaited.step.answered(this) === 'pass' ? awaited.kept : [];
  }
}

function reset(socket: Socket): void {
  socket.uncork(); // what was carried before the cut has been sent
  if (socket.writableEnded)
    socket.destroy(); // a socket whose end is under way cannot be reset
  else socket.resetAndDestroy();
}
