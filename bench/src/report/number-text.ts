const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Numbers as the tables write them; a dash for what was not measured. */
export const numberText = {
  seconds: (value: number | null): string => fixed(value),
  ratio: (value: number | null): string => fixed(value),
  count: (value: number | null): string => (value === null ? '-' : grouped.format(value)),
  megabytes: (bytes: number | null): string => (bytes === null ? '-' : grouped.format(bytes / 1024 / 1024)),
};

const fixed = (value: number | null): string => (value === null ? '-' : value.toFixed(2));
