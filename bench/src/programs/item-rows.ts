/** The values of item number `n`: what `generatedItems` makes in SQL. */
export const itemRow = (n: number): Readonly<Record<string, unknown>> => ({
  id: n,
  quantity: n % 1_000,
  price: ((n % 100_000) / 100).toFixed(2),
  note: String(n).padStart(40, '0'),
  changed_at: new Date(firstSecond + n * 1_000),
  attributes: { number: n, label: `item ${n % 100}`, open: n % 2 === 0, state: 'new' },
});

const firstSecond = Date.UTC(2025, 0, 1);
