import { capturedOperations, MillraceError, type SourceContext } from '@millrace/core';
import { readColumnTypes } from '../catalog/column-types.ts';
import type { TableFacts } from '../catalog/table-facts.ts';
import type { ControlSession } from '../control-session.ts';
import type { ColumnDecoding } from '../pgoutput/decoder-options.ts';
import { BinaryTypes } from '../values/binary-types.ts';

/** The form of values that `SourceContext.formats` names so. */
export const postgresBinary = 'postgres-binary';

export interface WireFormatRequest {
  readonly context: SourceContext;
  readonly control: ControlSession;
  readonly serverVersion: number;
  /** The captured tables. */
  readonly tables: readonly TableFacts[];
  readonly signal: AbortSignal;
}

export interface ChosenFormat {
  readonly wire: 'text' | 'binary';
  readonly decoding: ColumnDecoding;
}

/**
 * In which form a source lets its values come: in binary form only while of every captured column the text can be told
 * from it, because anybody may still ask for that. Kept over connections: where the log once brought a type that the
 * catalog had not shown, the source stays with text.
 */
export class WireFormat {
  #textOnly = false;

  /** For the next connection. */
  async choose(request: WireFormatRequest): Promise<ChosenFormat> {
    const { context, control, serverVersion, tables, signal } = request;
    const columnTypes = await control.use((session, ended) => readColumnTypes(session, tables, ended), signal);
    const types = new BinaryTypes(serverVersion, columnTypes);
    const requested = context.tables;
    const captures = (table: string) => requested.length === 0 || capturedOperations(requested, table) !== null;
    const isReadable = [...columnTypes.keys()].every((oid) => types.text(oid) !== undefined);
    if (this.#textOnly || !context.formats.includes(postgresBinary) || !isReadable)
      return { wire: 'text', decoding: { types, captures, binaryTables: () => false } };
    return { wire: 'binary', decoding: { types, captures, binaryTables: captures } };
  }

  /** Why a connection ended. */
  ended(error: unknown): void {
    if (error instanceof MillraceError && error.code === 'BINARY_UNREADABLE') this.#textOnly = true;
  }
}
