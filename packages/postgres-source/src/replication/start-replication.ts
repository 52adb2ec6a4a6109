import { quoteIdentifier, quoteLiteral } from '@millrace/postgres-client';

export interface ReplicationStart {
  readonly slot: string;
  readonly after: string;
  readonly publications: readonly string[];
  /** Values come in the binary form of their types instead of as text. */
  readonly binary: boolean;
  /** What `pg_logical_emit_message` has written is sent, too. */
  readonly messages: boolean;
}

/**
 * The text of `START_REPLICATION` (PostgreSQL manual, "Streaming Replication Protocol"; "Logical Streaming Replication
 * Parameters"). `publication_names` is a list of identifiers inside a string constant, so every name is quoted twice:
 * otherwise upper-case names are folded and a quote or comma ends the name. Protocol version 1 holds no part of a
 * transaction before its commit. `binary` and `messages` exist since PostgreSQL 14.
 */
export const startReplication = ({ slot, after, publications, binary, messages }: ReplicationStart): string => {
  const names = quoteLiteral(publications.map(quoteIdentifier).join(','));
  const options = [
    `proto_version '1'`,
    `publication_names ${names}`,
    ...(binary ? [`binary 'true'`] : []),
    ...(messages ? [`messages 'true'`] : []),
  ];
  return `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${after} (${options.join(', ')})`;
};
