import type { AnswerHandler } from './protocol/answer-reader.ts';
import { rowTexts } from './protocol/row-texts.ts';
import type { Completion } from './protocol/server-packet.ts';

/** The rows of a statement as texts. */
export type TextRows = readonly (readonly (string | null)[])[];

/** What a statement has done, and its rows, if it is one that gives rows. */
export interface StatementOutcome extends Completion {
  readonly rows: TextRows;
  /** The names of its columns. */
  readonly columns: readonly string[];
}

export interface ScriptOptions {
  /** Aborting cuts the connection; the server rolls back what was open. */
  readonly signal?: AbortSignal | undefined;
  /** Completes "could not …" in errors. */
  readonly doing?: string;
  /**
   * The data of the one LOAD DATA LOCAL among the statements, for a session with the flag `LOCAL_FILES`. It may be made
   * while it is sent; throwing then cuts the connection, and nothing of it is loaded. A server takes such data as with
   * `IGNORE`, in spite of the strict mode: values that do not fit are changed and rows with a key that is there are left
   * out, and only `warnings` and `info` say so.
   */
  readonly data?: Iterable<Buffer>;
}

/** Takes a row as it came. False: no more are wanted, and the connection is cut. */
export type TakeRow = (bytes: Buffer, start: number, end: number) => boolean;

export interface Script {
  /** Sent together, and carried out one after the other until one fails. */
  readonly statements: readonly string[];
  /** The number of the statement whose rows are passed on one by one, instead of being gathered. */
  readonly passed?: number;
  readonly take?: TakeRow;
}

/** What statements gave: the rows of each; `isCut`: no more rows were wanted, and the session is gone. */
export interface ScriptAnswer {
  readonly rows: readonly TextRows[];
  readonly isCut: boolean;
}

/** What is called for the results of a script; data is the session's. */
export type ResultHandler = Omit<AnswerHandler, 'file'>;

/** Gathers what statements have done, in their order. */
export const gatherOutcomes = (): ResultHandler & { readonly outcomes: readonly StatementOutcome[] } => {
  const outcomes: StatementOutcome[] = [];
  let columns: readonly string[] = [];
  let rows: (string | null)[][] = [];
  return {
    outcomes,
    columns: (names) => {
      columns = names;
    },
    row: (bytes, start, end) => {
      rows.push(rowTexts(bytes, start, end, columns.length));
    },
    end: (completion) => {
      outcomes.push({ ...completion, rows, columns });
      rows = [];
      columns = [];
    },
  };
};
