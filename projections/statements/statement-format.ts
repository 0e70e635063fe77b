/** How a statement can be answered. */
export const STATEMENT_FORMATS = ['json', 'csv', 'html'] as const;

export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

/** In the order of preference when a client takes several equally. */
const BY_MEDIA_TYPE: ReadonlyMap<string, StatementFormat> = new Map([
  ['application/json', 'json'],
  ['text/csv', 'csv'],
  ['text/html', 'html'],
  ['*/*', 'json'],
  ['application/*', 'json'],
  ['text/*', 'csv'],
]);

/**
 * Chooses what a client wants most by its `Accept` header (RFC 9110, 12.5.1): the highest weight, then the first named.
 *
 * @returns JSON when there is no header, or nothing in it can be served: an answer it did not ask for says more than none
 */
export function formatByAccept(accept: string | undefined): StatementFormat {
  let best: { readonly format: StatementFormat; readonly weight: number } = { format: 'json', weight: 0 };
  for (const range of (accept ?? '').split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = BY_MEDIA_TYPE.get(name);
    const weightText = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = weightText === undefined ? 1 : Number(weightText);
    if (format !== undefined && weight > best.weight) best = { format, weight };
  }
  return best.format;
}
