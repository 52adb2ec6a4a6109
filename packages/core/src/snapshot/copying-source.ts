import type { Source } from '../contracts/source.ts';
import type { Settings } from '../options/settings.ts';

/** A source that can copy tables, and read single rows of them again. */
export type CopyingSource = Source & Required<Pick<Source, 'planCopy' | 'copy' | 'reselect'>>;

export const canCopy = (source: Source): source is CopyingSource =>
  source.capabilities?.copy !== 'none' &&
  source.planCopy !== undefined &&
  source.copy !== undefined &&
  source.reselect !== undefined;

/** Whether a first start copies what is there. */
export const copiesTables = ({ snapshot, source }: Pick<Settings, 'snapshot' | 'source'>): boolean =>
  snapshot !== 'never' && canCopy(source);
