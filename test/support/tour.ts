import { spawn } from 'node:child_process';
import { ROOT } from '../tidy/run-tool.js';

/** A block of shell commands in a page, and what the page says that they print. */
export interface TourStep {
  readonly commands: string;
  /** The block that follows, or null when none does before the next commands. */
  readonly answer: string | null;
}

/** Printed between the outputs of two steps; no answer contains it. */
const SEPARATOR = '\u001e';
const TOUR_MS_MAX = 60_000;

/** Reads the `bash` blocks of a page, in order, each with the block of its answer. Blocks without a language are no part of it. */
export function readTour(markdown: string): TourStep[] {
  const steps: { commands: string; answer: string | null }[] = [];
  for (const [, language, text = ''] of markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const last = steps.at(-1);
    if (language === 'bash') steps.push({ commands: text, answer: null });
    else if (last?.answer === null) last.answer = text;
  }
  return steps;
}

/**
 * Pastes the commands of a tour into one shell, in the repository's root.
 *
 * @param environment added to this process's
 * @returns what each step printed
 * @throws Error with everything that was printed, when the shell ended early or complained
 */
export function takeTour(
  steps: readonly TourStep[],
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const script = steps.map(({ commands }) => `${commands}\nprintf '${SEPARATOR}'\n`).join('');
  const shell = spawn('bash', ['-c', script], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TOUR_MS_MAX,
  });
  let output = '';
  let complaints = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  return new Promise((resolve, reject) => {
    shell.on('error', reject);
    shell.on('close', () => {
      const printed = output.split(SEPARATOR).slice(0, -1);
      if (printed.length === steps.length) resolve(printed);
      else reject(new Error(`The shell ended after step ${printed.length}: ${output}${complaints}`));
    });
  });
}

/** What is another at each run: times, positions, request ids. Everything else of an answer counts, to the letter. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, '<time>'],
  [/"(position|requestId)": "[^"]+"/g, '"$1": "<$1>"'],
  [/\b(position|head) \d+/g, '$1 <position>'],
  [/^(ledger-position): \d+/gm, '$1: <position>'],
];

/** Takes out of an answer what no two runs have in common. */
export function comparable(answer: string): string {
  return VARYING.reduce((text, [pattern, stand]) => text.replace(pattern, stand), answer).trimEnd();
}
