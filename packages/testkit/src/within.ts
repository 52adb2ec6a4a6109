import { AssertionError } from 'node:assert';

/** Milliseconds that something may take which nothing holds up. */
export const patience: number = 10_000;

/** Rejects with an `AssertionError` unless it settles in time. */
export const within = async <T>(limit: number, what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AssertionError({ message: `Not within ${limit} ms: ${what}` })), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
