/** Calls a function of the user's. What it throws is uncaught, as in any event emitter, but not inside our work. */
export const callUser = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
