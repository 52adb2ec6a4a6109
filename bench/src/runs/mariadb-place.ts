import type { Side } from './side.ts';

/** Where a side applies the log of one MariaDB to another one. */
export interface MariadbPlace {
  readonly sourceUrl: string;
  /** Of the database with the same name as that of the source. */
  readonly targetUrl: string;
  /** The GTID position from which the log is to be applied; our stream has its checkpoint there. */
  readonly position: string;
  readonly tables: readonly string[];
}

/** Makes a side for a place. Everything that is not to be measured happens here. */
export type StartMariadbSide = (place: MariadbPlace) => Promise<Side>;
