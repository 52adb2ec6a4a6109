import type { Table } from '../workloads/workload.ts';

/** Where one copy takes place. */
export interface CopyPlace {
  /** Of the database at the target; no other copy has it. */
  readonly name: string;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly tables: readonly Table[];
  /** Their process ids. */
  readonly servers: { readonly source: number; readonly target: number };
}

/** Something that copies tables, ready to begin. Disposing of it ends it, however far it has come. */
export interface CopySide extends AsyncDisposable {
  /** Its process; `null` where there are none or several. */
  readonly pid: number | null;
  /** Resolves when every row is durable at the target. Rejects when it fails. */
  copy(): Promise<void>;
  /** Ends it in order: nothing of it is left at the source. */
  end(): Promise<void>;
}

/** Makes a side for a place. Everything that is not to be measured happens here. */
export type StartCopy = (place: CopyPlace) => Promise<CopySide>;
