import path from 'node:path';
import { reportOf, ROOT } from './run-tool.js';

/** One import that a rule forbids. */
export interface Violation {
  readonly rule: string;
  /** The importing file, from the root of the tree, with forward slashes. */
  readonly from: string;
  readonly to: string;
}

/**
 * Runs dependency-cruiser with the repository's rules over a tree of files.
 *
 * @param root the tree; it needs its own package.json and tsconfig.json
 * @param folders which of its folders to read
 * @returns every violation, in the order dependency-cruiser reports them
 */
export async function cruise(root: string, folders: readonly string[]): Promise<Violation[]> {
  const config = path.join(ROOT, '.dependency-cruiser.mjs');
  const args = ['--config', config, '--output-type', 'json', ...folders];
  const report = (await reportOf(root, 'dependency-cruiser/bin/dependency-cruise.mjs', args)) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return report.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}
