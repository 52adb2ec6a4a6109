import type { EventHub } from '@millrace/core';
import type { World } from '../conformance-suite.ts';

export interface EventHubLimits {
  readonly maxChanges: number;
  readonly maxBytes: number;
}

export interface EventHubWorld extends World {
  /** A hub that may retain so much. */
  create(limits: EventHubLimits): EventHub;
}
