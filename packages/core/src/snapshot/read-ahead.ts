/** Asks for the next item before the one in hand is done with; an error is thrown when its turn comes. */
export async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const ask = () => {
    const answer = iterator.next();
    answer.catch(() => {});
    return answer;
  };
  let next = ask();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = ask();
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
