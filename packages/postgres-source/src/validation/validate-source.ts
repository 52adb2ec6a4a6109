import type { SourceContext, ValidationReport } from '@millrace/core';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';

export interface ValidationRequest {
  readonly options: ResolvedOptions;
  readonly names: SourceNames;
  readonly context: SourceContext;
}

export const validateSource = async (_request: ValidationRequest): Promise<ValidationReport> => ({ items: [] });
