import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LedgerSystem } from '../system/ledger-system.js';

const VERIFIER = fileURLToPath(new URL('../verify/main.js', import.meta.url));
const VERIFY_MS_MAX = 120_000;
const SAID_CHARS_MAX = 4_000;
const SAID_LINES_SHOWN = 6;

/**
 * Runs `npm run verify` against the running system: it recomputes every balance from account streams, from transaction streams
 * and from PostgreSQL.
 *
 * @returns null when it found no difference, else the last lines it printed
 */
export async function runVerifier(system: LedgerSystem): Promise<string | null> {
  const child = spawn(process.execPath, ['--enable-source-maps', VERIFIER], {
    env: system.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: VERIFY_MS_MAX,
  });
  let said = '';
  const hear = (text: string): void => {
    said = (said + text).slice(-SAID_CHARS_MAX);
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      hear(error.message);
      resolve(null);
    });
    child.once('close', resolve);
  });
  if (code === 0) return null;
  const lines = said.trim().split('\n').slice(-SAID_LINES_SHOWN);
  return lines.join('\n  ') || `it ended with ${code ?? 'a signal'}`;
}
