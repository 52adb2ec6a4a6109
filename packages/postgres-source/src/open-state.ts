import type { SourceContext } from '@millrace/core';
import type { ServerFacts } from './catalog/server-facts.ts';
import type { ControlSession } from './control-session.ts';
import type { ChangeReader } from './replication/change-reader.ts';
import type { CopySessions } from './snapshot/copy-sessions.ts';
import type { KnownTables } from './snapshot/reselect-rows.ts';
import type { SourceNames } from './source-options.ts';

/** What a source has while it is open. */
export interface OpenState {
  readonly context: SourceContext;
  readonly names: SourceNames;
  readonly applicationName: string;
  readonly control: ControlSession;
  readonly sessions: CopySessions;
  readonly known: KnownTables;
  readonly server: ServerFacts;
  /** Ends what is still starting when the source is closed. */
  readonly closing: AbortController;
  readonly reading: { started: boolean; reader: ChangeReader | null };
}
