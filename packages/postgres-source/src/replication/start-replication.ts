import { quoteIdentifier, quoteLiteral } from '@millrace/postgres-client';

export interface ReplicationStart {
  readonly slot: string;
  readonly after: string;
  readonly publications: readonly string[];
  /** Values come in the binary form of their types instead of as text. */
  readonly binary: boolean;
}

/**
 * The text of `START_REPLICATION` (PostgreSQL manual, "Streaming Replication Protocol"; "Logical Streaming Replication
 * Parameters"). `publication_names` is a list of identifiers inside a string constant, so every name is quoted twice:
 * otherwise upper-case names are folded and a quote or comma ends the name. Protocol version 1 holds no part of a
 * transaction before its commit. `binary` exists since PostgreSQL 14.
 */
export const startReplication = ({ slot, after, publications, binary }: ReplicationStart): string => {
  const names = quoteLiteral(publications.map(quoteIdentifier).join(','));
  const options = [`proto_version '1'`, `publication_names ${names}`, ...(binary ? [`binary 'true'`] : [])];
  return `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${after} (${options.join(', ')})`;
};
