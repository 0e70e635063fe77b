import { Controller, Get, Header, Inject, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ApiDocument } from './openapi.js';
import { Public } from './principal.js';
import { Problem, PROBLEM_CODES } from './problem.js';
import { problemIndexPage, problemPage } from './problem-pages.js';

/** Scripts, styles and calls come from this server only; nothing is inline, nothing may frame the page. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML = 'text/html; charset=utf-8';

/** Swagger UI as it came with the OpenAPI module: one version of both, served from here. */
const uiDirectory = path.dirname(
  createRequire(createRequire(import.meta.url).resolve('@nestjs/swagger')).resolve(
    'swagger-ui-dist/package.json',
  ),
);

const UI_FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evenkeel API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<div id="swagger-ui"><noscript>This page needs JavaScript; the same document is at <a href="/openapi.json">/openapi.json</a>.</noscript></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** The validator badge of Swagger UI would call its makers' server: off. */
const START_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0
});
`;

const PAGE_STYLE = `body { margin: 0; }
main { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
main code { background: #f2f2f2; padding: 0.1em 0.3em; }
main td, main th { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
`;

/** The API explained: its document, a page to try it, and a page for each problem code. */
@ApiExcludeController()
@Public()
@Controller()
export class DocsController {
  constructor(@Inject(ApiDocument) private readonly document: ApiDocument) {}

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  openApi(): string {
    return this.document.text;
  }

  @Get('docs')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_POLICY)
  page(): string {
    return DOCS_PAGE;
  }

  @Get('docs/start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return START_SCRIPT;
  }

  @Get('docs/page.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return PAGE_STYLE;
  }

  @Get('docs/:file')
  async uiFile(
    @Param('file') file: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const type = Object.hasOwn(UI_FILES, file) ? UI_FILES[file] : undefined;
    if (type === undefined) throw new Problem('route-must-exist');
    const content = await readFile(path.join(uiDirectory, file));
    void reply.headers({ 'content-type': type, 'cache-control': 'public, max-age=3600' });
    return content;
  }

  @Get('problems')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_POLICY)
  problems(): string {
    return problemIndexPage();
  }

  @Get('problems/:code')
  @Header('content-security-policy', PAGE_POLICY)
  problem(@Param('code') sent: string, @Res({ passthrough: true }) reply: FastifyReply): string {
    const code = PROBLEM_CODES.find((known) => known === sent);
    if (code === undefined) throw new Problem('route-must-exist');
    void reply.header('content-type', HTML);
    return problemPage(code);
  }
}
