import type { EventBody } from './binlog-event.ts';
import { decodeStatement } from './client-charset.ts';
import { inflateBody } from './compressed-body.ts';
import type { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';
import { readStatusVariables } from './status-variables.ts';

const ansiQuotesBit = 4n;

/** Reads a query event, or MariaDB's compressed one, behind its header. `limit`: the most bytes to inflate. */
export const readQueryEvent = (reader: EventReader, compressed: boolean, limit: number): EventBody<'query'> => {
  reader.skip(8);
  const schemaLength = reader.uint8();
  reader.skip(2);
  const variables = readStatusVariables(reader.part(reader.uint16()));
  const schema = reader.utf8(schemaLength);
  if (reader.uint8() !== 0) throw new MalformedEvent('the name of its database has no end');
  const { body, start, end } = compressed
    ? inflateBody(reader, limit)
    : { body: reader.bytes, start: reader.offset, end: reader.end };
  const { sqlMode, clientCollation } = variables;
  return {
    kind: 'query',
    schema,
    sql: decodeStatement(body.subarray(start, end), clientCollation),
    sqlMode,
    ansiQuotes: sqlMode !== null && (sqlMode & ansiQuotesBit) !== 0n,
    serverCollation: variables.serverCollation,
    databaseCollation: variables.databaseCollation,
    utf8mb4Collation: variables.utf8mb4Collation,
    explicitDefaults: variables.explicitDefaults,
  };
};
