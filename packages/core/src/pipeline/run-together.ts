/**
 * Runs tasks side by side until all have ended. The first that fails aborts the others, and its error is thrown once
 * they have ended too: nothing is left running.
 */
export const runTogether = async (
  tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<void> => {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  let first: { readonly error: unknown } | null = null;
  await Promise.allSettled(
    tasks.map((task) =>
      task(both).catch((error) => {
        first ??= { error };
        failed.abort(error);
      }),
    ),
  );
  if (first !== null) throw (first as { readonly error: unknown }).error;
};

/** Waits for a promise at most so many ms, and for its outcome not at all: for endings, whose errors change nothing. */
export const settledWithin = (milliseconds: number, promise: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const settle = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(settle, settle);
  });
