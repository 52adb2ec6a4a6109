import { SessionPool } from '@millrace/core';
import type { PostgresConnection } from '@millrace/postgres-client';
import { CopySession } from './copy-session.ts';

export interface CopySessionsOptions {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
}

/** Connections of their own for everything that is read beside the log. */
export type CopySessions = SessionPool<CopySession>;

export const copySessions = (options: CopySessionsOptions): CopySessions =>
  new SessionPool((signal, onLost) => CopySession.open({ ...options, signal, onLost }));
