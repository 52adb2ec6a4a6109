import type { SinkContext, ValidationReport } from '@millrace/core';
import type { PostgresSinkSettings } from '../postgres-sink-options.ts';

export const validateTarget = async (
  _settings: PostgresSinkSettings,
  _context: SinkContext,
): Promise<ValidationReport> => ({
  items: [],
});
