import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from './problem.js';

/** The page that a problem document's `type` leads to. */
export function problemPage(code: ProblemCode): string {
  const { title, howToFix, retryable } = PROBLEMS[code];
  return page(
    code,
    `<h1><code>${code}</code></h1>
<p>${escapeHtml(title)}</p>
<table>
<tr><th>Status</th><td>${statusText(code)}</td></tr>
<tr><th>What to do</th><td>${escapeHtml(howToFix)}</td></tr>
<tr><th>Send the same again?</th><td>${retryable ? 'Yes, with the same key: it may succeed later.' : 'No: it would be refused again.'}</td></tr>
</table>
<p><a href="/problems">All problem codes</a></p>`,
  );
}

/** The list of all codes. */
export function problemIndexPage(): string {
  const rows = PROBLEM_CODES.map(
    (code) =>
      `<tr><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${statusText(code)}</td><td>${escapeHtml(PROBLEMS[code].title)}</td></tr>`,
  );
  return page('Problem codes', `<h1>Problem codes</h1>\n<table>\n${rows.join('\n')}\n</table>`);
}

/** The same list as Markdown: docs/reference/errors.md. */
export function problemReference(): string {
  const rows = PROBLEM_CODES.map((code) => {
    const { title, howToFix, retryable } = PROBLEMS[code];
    return `| \`${code}\` | ${statusText(code)} | ${title} | ${howToFix} | ${retryable ? 'yes' : 'no'} |`;
  });
  return `# Problem codes

Every error is a problem document (RFC 9457) whose \`code\` is one of these. Codes are stable: never reused, never renamed.
Two statuses: the first when the path names what is missing, the second when a field of the body does.
"Retry": the very same request, with the same \`Idempotency-Key\`, may succeed later.

Generated from \`src/edges/http/problem-catalogue.ts\`; a test fails when the two differ.

| code | status | what happened | what to do | retry |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function statusText(code: ProblemCode): string {
  const { status, statusInBody } = PROBLEMS[code];
  return statusInBody === undefined ? String(status) : `${status}, ${statusInBody}`;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)} - Evenkeel</title>
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
