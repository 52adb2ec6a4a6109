import type { Sink } from '@millrace/core';

/** The same sink, but one that takes values as text alone. */
export const textOnly = (sink: Sink): Sink => {
  const capabilities = { ...sink.capabilities, formats: [] };
  return new Proxy(sink, {
    get(target, name) {
      if (name === 'capabilities') return capabilities;
      const value: unknown = Reflect.get(target, name, target);
      // Its private fields are those of the sink, not of the proxy.
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};
