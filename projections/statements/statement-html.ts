import { createHash } from 'node:crypto';
import { toDecimal } from './amount-text.js';
import type { StatementLine, StatementPage } from './statement.query.js';

const STYLE = `body{font:14px/1.4 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#111}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #ccc;vertical-align:top;overflow-wrap:anywhere}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead{display:table-header-group}
tr{break-inside:avoid}
.balance td{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dd{margin:0}
@page{margin:15mm}
@media print{body{margin:0;max-width:none;font-size:10px}}
`;

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/** Nothing but the page's own style: no scripts, nothing from elsewhere, nothing may frame it or send it on. */
export const STATEMENT_POLICY = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Everything up to the opening balance. */
export function htmlHead(page: StatementPage): string {
  const title = `Statement of ${page.name}`;
  const known = page.knownAt === null ? 'all that was recorded' : `before ${page.knownAt}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<dl>
<dt>Account</dt><dd>${page.accountId}</dd>
<dt>Currency</dt><dd>${page.currency}</dd>
<dt>Period</dt><dd>from ${page.from}, before ${page.to}</dd>
<dt>Recorded</dt><dd>${known}</dd>
<dt>Position</dt><dd>${page.position}</dd>
</dl>
<table>
<thead>
<tr><th scope="col">Effective</th><th scope="col">Recorded</th><th scope="col">Transaction</th><th scope="col" class="n">Debit</th><th scope="col" class="n">Credit</th><th scope="col" class="n">Balance</th></tr>
</thead>
<tbody>
${balanceRow('Opening balance', page.from, page.opening, page)}`;
}

/** A row for each line. */
export function htmlLines(page: StatementPage): string {
  return page.lines.map((line) => lineRow(line, page)).join('');
}

/** The closing balance, and the end. */
export function htmlFoot(page: StatementPage): string {
  return `${balanceRow('Closing balance', page.to, page.closing, page)}</tbody>
</table>
</body>
</html>
`;
}

function balanceRow(label: string, at: string, balance: bigint, { exponent }: StatementPage): string {
  return `<tr class="balance"><td>${at}</td><td></td><td>${label}</td><td></td><td></td><td class="n">${toDecimal(balance, exponent)}</td></tr>\n`;
}

function lineRow(line: StatementLine, { exponent }: StatementPage): string {
  const amount = `<td class="n">${toDecimal(line.amount, exponent)}</td>`;
  const sides = line.direction === 'debit' ? `${amount}<td></td>` : `<td></td>${amount}`;
  const said = [line.description, line.reference, line.kind].filter((text) => text !== null).map(escaped);
  const reverses = line.reverses === null ? '' : `<br>reverses ${line.reverses}`;
  return `<tr><td>${line.effectiveAt}</td><td>${line.recordedAt}</td><td>${said.join(' · ')}<br>${line.transactionId}${reverses}</td>${sides}<td class="n">${toDecimal(line.balance, exponent)}</td></tr>\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
