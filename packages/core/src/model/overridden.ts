/** An object with some members replaced; every other one is its own, whatever it is an instance of. */
export const overridden = <T extends object>(object: T, overrides: Partial<T>): T => {
  const bound = new Map<unknown, unknown>();
  return new Proxy(object, {
    get(_, name) {
      if (Object.hasOwn(overrides, name)) return Reflect.get(overrides, name);
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      if (!bound.has(value)) bound.set(value, value.bind(object));
      return bound.get(value);
    },
  });
};
