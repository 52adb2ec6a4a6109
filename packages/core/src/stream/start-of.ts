import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { Settings } from '../options/settings.ts';
import { copiesTables } from '../snapshot/copying-source.ts';
import type { ValidatedStart } from './validate-connectors.ts';

/** What a start with this checkpoint would do. `copies`: tables that nothing is durable of. */
export const startOf = (settings: Settings, found: Checkpoint | null): ValidatedStart => {
  const tables = found?.tables ?? {};
  const hasNothing = (found?.position ?? null) === null;
  const copies = copiesTables(settings) && (settings.snapshot === 'always' || hasNothing);
  return { tables, copies, ...(copies || hasNothing ? { beginsAt: settings.startFrom ?? 'latest' } : {}) };
};
