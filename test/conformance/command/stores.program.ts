import { memoryCheckpointStore } from '@millrace/core';

export const checkpointStore = () => {
  const store = memoryCheckpointStore();
  return { store, reopen: () => store };
};
