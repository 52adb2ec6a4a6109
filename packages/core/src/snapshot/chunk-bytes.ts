import type { CopyOptions } from './copy-tables.ts';

const mebibyte = 1024 * 1024;

/**
 * About how much a chunk may hold. Unless the options say it: little, since rows that are made into others take several
 * times their size; more where they go on as the source has them, since every COPY of a thousand rows or more costs
 * PostgreSQL some milliseconds beside its rows (from 17 on, it looks for each of a thousand equal resources among the others).
 */
export const chunkBytes = ({
  settings,
  source,
  sink,
  pipeline,
}: Pick<CopyOptions, 'settings' | 'source' | 'sink' | 'pipeline'>): number => {
  if (settings.maxBytes !== undefined) return settings.maxBytes;
  const offered = source.capabilities?.formats ?? [];
  const goOn = pipeline === null && offered.some((format) => sink.capabilities.formats.includes(format));
  return (goOn ? 4 : 2) * mebibyte;
};
