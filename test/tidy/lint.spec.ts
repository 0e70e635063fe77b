import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { plant, reportOf, ROOT } from './run-tool.js';

/** A file -> the code in it -> the rule it breaks; null where it is allowed. */
const PLANTED: readonly (readonly [file: string, code: string, rule: string | null])[] = [
  ['src/write/a.ts', 'async function f() {}\nf();', '@typescript-eslint/no-floating-promises'],
  [
    'src/write/b.ts',
    '[1].forEach(async (n) => { await Promise.resolve(n); });',
    '@typescript-eslint/no-misused-promises',
  ],
  [
    'src/write/c.ts',
    "export function f(k: 'x' | 'y') {\n  switch (k) {\n    case 'x':\n      return 1;\n  }\n  return 2;\n}",
    '@typescript-eslint/switch-exhaustiveness-check',
  ],
  [
    'src/write/d.ts',
    'export const f = (x?: string) => x!.length;',
    '@typescript-eslint/no-non-null-assertion',
  ],
  ['src/write/e.ts', 'export const f = (x: any) => x === 1;', '@typescript-eslint/no-explicit-any'],
  ['src/write/f.ts', "export const amount = parseFloat('1.5');", 'no-restricted-globals'],
  ['src/write/g.ts', 'export const at = Date.now();', null],
  ['src/write/h.ts', "console.log('x');", 'no-console'],
  ['tools/h.ts', "console.log('x');", null],
  ['src/kernel/a.ts', 'export const at = Date.now();', 'no-restricted-properties'],
  ['src/kernel/b.ts', 'export const at = new Date(0);', null],
  ['src/write/x/x.decide.ts', 'export const at = new Date();', 'no-restricted-syntax'],
  ['src/write/evolve.ts', 'export const at = Math.random();', 'no-restricted-properties'],
  ['src/write/state.ts', 'export const id = crypto.randomUUID();', 'no-restricted-globals'],
  // The text of a planted file that the rule has to refuse: no spec here runs alone or is left out.
  [
    'src/write/i.spec.ts',
    "declare const it: { only: (n: string) => void };\nit.only('x');",
    'no-restricted-syntax',
  ],
  [
    'test/j.ts',
    "declare const describe: { skip: (n: string) => void };\ndescribe.skip('x');",
    'no-restricted-syntax',
  ],
];

describe('the lint rules that keep promises', () => {
  let tree: string;
  let found: ReadonlyMap<string, readonly (string | null)[]>;

  beforeAll(async () => {
    tree = await plant({
      ...Object.fromEntries(PLANTED.map(([file, code]) => [file, `${code}\nexport {};\n`])),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          target: 'es2022',
          lib: ['es2023', 'dom'],
          types: [],
          strict: true,
        },
      }),
      'package.json': JSON.stringify({ type: 'module' }),
    });
    const args = ['--config', path.join(ROOT, 'eslint.config.mjs'), '--format', 'json', '.'];
    const report = (await reportOf(tree, 'eslint/bin/eslint.js', args)) as {
      filePath: string;
      messages: { ruleId: string | null }[];
    }[];
    found = new Map(
      report.map(({ filePath, messages }) => [
        path.relative(tree, filePath).replaceAll('\\', '/'),
        messages.map(({ ruleId }) => ruleId),
      ]),
    );
  });

  afterAll(async () => {
    await rm(tree, { recursive: true, force: true });
  });

  it.each(PLANTED)('%s: %j breaks %s', (file, _code, rule) => {
    expect(found.get(file)).toEqual(rule === null ? [] : [rule]);
  });
});
