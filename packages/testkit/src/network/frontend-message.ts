import type { ProtocolMessage } from './message-reader.ts';

const requestCodes = { cancel: 80_877_102, ssl: 80_877_103, gss: 80_877_104 } as const;

/** Parameters a client opens its connection with: `user`, `database`, `application_name`, `replication`, … */
export type StartupParameters = Readonly<Record<string, string>>;

/** The untyped messages a connection begins with. */
export type OpeningMessage =
  | { readonly kind: 'encryption-request' }
  | { readonly kind: 'cancel-request' }
  | { readonly kind: 'startup'; readonly parameters: StartupParameters };

/** Reads an untyped message. */
export function openingMessage(bytes: Buffer): OpeningMessage {
  const code = bytes.readUInt32BE(4);
  if (code === requestCodes.ssl || code === requestCodes.gss) return { kind: 'encryption-request' };
  if (code === requestCodes.cancel) return { kind: 'cancel-request' };
  const words = bytes.toString('utf8', 8).split('\0');
  const parameters: Record<string, string> = {};
  for (let i = 0; i + 1 < words.length && words[i] !== ''; i += 2) parameters[words[i] ?? ''] = words[i + 1] ?? '';
  return { kind: 'startup', parameters };
}

/**
 * Follows the statements that one client sends: SQL of a simple query, of a parsed statement, or of
 * a named statement parsed earlier and bound again.
 */
export class StatementReader {
  readonly #named = new Map<string, string>();

  /** The SQL whose execution this message begins; undefined for every other message. */
  statement({ type, bytes }: ProtocolMessage): string | undefined {
    switch (type) {
      case 'Q':
        return text(bytes, 5);
      case 'P': {
        const name = text(bytes, 5);
        const sql = text(bytes, 5 + Buffer.byteLength(name) + 1);
        if (name === '') return sql;
        this.#named.set(name, sql);
        return undefined;
      }
      case 'B': {
        const portal = text(bytes, 5);
        return this.#named.get(text(bytes, 5 + Buffer.byteLength(portal) + 1));
      }
      default:
        return undefined;
    }
  }
}

/** True when the server answers this message with a ReadyForQuery of its own. */
export const asksForReady = (type: string): boolean => type === 'Q' || type === 'S' || type === 'F';

const text = (bytes: Buffer, start: number): string => bytes.toString('utf8', start, bytes.indexOf(0, start));
