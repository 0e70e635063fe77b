import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readRoot, repositoryFiles } from './files.js';
import { ROOT } from './run-tool.js';

const LINES_MAX = 400;

/** Written in pieces, so that this file does not contain what it looks for. */
const FORBIDDEN = [
  {
    what: 'a note to do it later',
    pattern: new RegExp(`\\b(${'TO' + 'DO'}|${'FIX' + 'ME'}|${'XX' + 'X'})\\b`),
  },
  { what: 'a switched-off type check', pattern: new RegExp(`@ts-${'(ignore|nocheck)'}`) },
  { what: 'a switched-off lint rule', pattern: new RegExp(`eslint-${'disable'}`) },
  {
    what: 'a test that is skipped or runs alone',
    pattern: new RegExp(`\\b(describe|it|test)\\.${'(only|skip|todo)'}\\b`),
  },
];

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

interface LockedPackage {
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function readPackage(): Promise<Package> {
  return JSON.parse(await readRoot('package.json')) as Package;
}

/** What the lock file holds: place -> package, without the project itself. */
async function readLock(): Promise<ReadonlyMap<string, LockedPackage>> {
  const lock = JSON.parse(await readRoot('package-lock.json')) as { packages: Record<string, LockedPackage> };
  return new Map(Object.entries(lock.packages).filter(([place]) => place !== ''));
}

function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

describe('every source file', () => {
  const sources = repositoryFiles(/\.(ts|mjs)$/);

  it.each(FORBIDDEN)('is free of $what', async ({ pattern }) => {
    const offenders = (await sources).filter(({ text }) => pattern.test(text)).map((file) => file.path);
    expect(offenders).toEqual([]);
  });

  it(`has at most ${LINES_MAX} lines`, async () => {
    const offenders = (await sources)
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > LINES_MAX);
    expect(offenders).toEqual([]);
  });
});

describe('the scripts of package.json', () => {
  it('start files that are there', async () => {
    const { scripts } = await readPackage();
    const files = Object.values(scripts).map(
      (script) => script.split(' ').find((word) => word.endsWith('.mjs')) ?? script,
    );
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('are all described in docs/reference/scripts.md', async () => {
    const { scripts } = await readPackage();
    const page = await readRoot('docs/reference/scripts.md');
    const commands = Object.keys(scripts).map((name) =>
      name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`,
    );
    expect(commands.filter((command) => !page.includes(`| \`${command}\` `))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('holds the packages of every platform, without which `npm ci` refuses it', async () => {
    const lock = await readLock();
    const held = new Set([...lock.keys()].map(nameOf));
    const missing = [...lock].flatMap(([place, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {})
        .filter((name) => !held.has(name))
        .map((name) => `${name} of ${place}`),
    );
    expect(missing).toEqual([]);
  });

  it('does not say where packages are fetched from', async () => {
    expect([...(await readLock()).values()].filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('brings no install script that package.json has not decided on', async () => {
    const { allowScripts } = await readPackage();
    const scripted = [...(await readLock())].filter(([, { hasInstallScript }]) => hasInstallScript);
    expect([...new Set(scripted.map(([place]) => nameOf(place)))].sort()).toEqual(
      Object.keys(allowScripts).sort(),
    );
  });
});

describe('the documentation', () => {
  it('has no relative link that leads nowhere', async () => {
    const pages = await repositoryFiles(/\.md$/);
    const broken = pages.flatMap(({ path: page, text }) =>
      [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(path.join(ROOT, path.dirname(page), target)))
        .map((target) => `${page} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('the decision records', () => {
  const records = repositoryFiles(/^docs\/decisions\/\d{4}-[a-z0-9-]+\.md$/);

  it('are numbered without a gap', async () => {
    const numbers = (await records).map((file) => Number(path.basename(file.path).slice(0, 4)));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('all say what was decided, when, why, and instead of what', async () => {
    const parts = [
      /^# \d{4}\. /m,
      /^Status: /m,
      /^Date: \d{4}-\d{2}-\d{2}$/m,
      /^## Context$/m,
      /^## Decision$/m,
      /^## What else was considered$/m,
      /^## Consequences$/m,
    ];
    const incomplete = (await records).filter(({ text }) => !parts.every((part) => part.test(text)));
    expect(incomplete.map((file) => file.path)).toEqual([]);
  });

  it('are all listed in their index', async () => {
    const index = await readRoot('docs/decisions/README.md');
    const unlisted = (await records).filter((file) => !index.includes(`(${path.basename(file.path)})`));
    expect(unlisted.map((file) => file.path)).toEqual([]);
  });
});
