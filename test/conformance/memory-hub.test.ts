import { describeEventHub } from '@millrace/testkit';
import { describe, it } from 'vitest';
import { MemoryHub } from '../../packages/core/src/hub/memory-hub.ts';

describeEventHub(() => ({ create: (limits) => new MemoryHub(limits) }), { describe, it });
