type Cell = string | number;

/** Rows under a header, numbers to the right. */
export const table = (title: string, header: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const cells = [header, ...rows].map(row => row.map(cell => (typeof cell === 'number' ? number(cell) : cell)));
  const widths = header.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)));
  const lines = cells.map((row, index) =>
    row
      .map((cell, column) =>
        index > 0 && typeof rows[index - 1]?.[column] === 'number'
          ? cell.padStart(widths[column]!)
          : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map(width => '-'.repeat(width)).join('  ');
  return ['', title, lines[0], rule, ...lines.slice(1)].join('\n');
};

/** The value below which this share of them lies. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

const number = (value: number): string => {
  if (Number.isNaN(value)) return '-';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
};
