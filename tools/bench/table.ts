/**
 * Lays out rows below each other, numbers to the right.
 *
 * @param header as many cells as every row has; its cells are printed first
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const isNumeric = header.map((_, column) =>
    rows.every((row) => /^[-\d.,/]*$/.test((row[column] ?? '').trim())),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          isNumeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A rate, a latency, a ratio: as many digits as mean something. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '';
  if (value >= 100) return Math.round(value).toString();
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
