import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type Violation } from './cruise.js';
import { EXPECTED, PLANTED } from './planted-violations.js';
import { plant, ROOT } from './run-tool.js';

describe('import rules', () => {
  it('hold for every file of the repository', async () => {
    expect(await cruise(ROOT, ['src', 'projections', 'tools', 'test'])).toEqual([]);
  });

  describe('on a tree with planted violations', () => {
    let tree: string;
    let found: readonly Violation[];

    beforeAll(async () => {
      tree = await plant(PLANTED);
      found = await cruise(tree, ['src', 'projections', 'tools', 'test']);
    });

    afterAll(async () => {
      await rm(tree, { recursive: true, force: true });
    });

    it('are all planted: none is left unproved', async () => {
      const config = (await import(pathToFileURL(path.join(ROOT, '.dependency-cruiser.mjs')).href)) as {
        default: { forbidden: { name: string }[] };
      };
      const rules = config.default.forbidden.map(({ name }) => name);
      expect(Object.keys(EXPECTED).sort()).toEqual(rules.sort());
    });

    it.each(Object.keys(EXPECTED))('%s finds its planted violations and nothing else', (rule) => {
      const offenders = new Set(found.filter((violation) => violation.rule === rule).map(({ from }) => from));
      expect([...offenders].sort()).toEqual(EXPECTED[rule]);
    });
  });
});
