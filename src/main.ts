import { parseArgs } from 'node:util';
import { describeConfig, InvalidConfiguration, loadConfig, type AppConfig } from './config/config.js';
import { banner, usage } from './app/banner.js';
import { startApp, type RunningApp } from './app/start-app.js';

/**
 * Starts the roles that the environment asks for, and drains on SIGINT or SIGTERM.
 *
 * Standard output is the log, one JSON object a line; what is written for a person goes to standard error.
 * Exit codes: 0 after a clean stop; 1 when the start was refused or the stop was cut short.
 */
async function main(): Promise<void> {
  const config = configure();
  if (config === null) return;
  const signals = new Signals();
  let app: RunningApp;
  try {
    app = await startApp(config);
  } catch (error) {
    refuse(error, config);
  }
  say(banner(app, config));
  await signals.first;
  say('Stopping: answers in flight are awaited. A second signal exits at once.');
  process.exit((await app.stop()) ? 0 : 1);
}

/** @returns null when the process was only asked to tell something */
function configure(): AppConfig | null {
  try {
    const { values } = parseArgs({
      options: { 'print-config': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      process.stdout.write(usage());
      return null;
    }
    const config = loadConfig(process.env);
    if (!values['print-config']) return config;
    process.stdout.write(`${describeConfig(config)}\n`);
    return null;
  } catch (error) {
    const sentences =
      error instanceof InvalidConfiguration ? error.sentences : [`${(error as Error).message} See --help.`];
    sentences.forEach(say);
    process.exit(1);
  }
}

/** Waits for the first signal; the second one, whenever it comes, ends the process. */
class Signals {
  readonly first: Promise<void>;

  constructor() {
    let received = 0;
    this.first = new Promise((resolve) => {
      const onSignal = (): void => {
        received += 1;
        if (received > 1) process.exit(1);
        resolve();
      };
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
    });
  }
}

function refuse(error: unknown, config: AppConfig): never {
  say(error instanceof Error ? error.message : String(error));
  // A refusal says what to do; what we did not foresee needs the place it happened.
  if (config.logLevel === 'debug' || config.logLevel === 'trace') console.error(error);
  process.exit(1);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
