import { describe, it } from 'node:test';
import { memoryCheckpointStore } from '@millrace/core';
import { describeCheckpointStore } from '@millrace/testkit';

describeCheckpointStore(() => ({ store: memoryCheckpointStore() }), { describe, it });
