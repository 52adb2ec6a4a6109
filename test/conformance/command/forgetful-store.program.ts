import { memoryCheckpointStore } from '@millrace/core';

export const checkpointStore = () => {
  const store = { ...memoryCheckpointStore(), save: async () => {} };
  return { store, reopen: () => store };
};
