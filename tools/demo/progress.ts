import { Presets, SingleBar } from 'cli-progress';

/** Lines printed over a whole piece of work where there is no terminal to draw on. */
const LINES = 4;

/** Shows how far a piece of work has come: a bar on a terminal, a few lines elsewhere. */
export class Progress {
  private readonly bar: SingleBar | null;
  private done = 0;

  constructor(
    private readonly what: string,
    private readonly total: number,
  ) {
    const isTerminal = process.stdout.isTTY;
    this.bar = isTerminal
      ? new SingleBar(
          { format: `  ${what} {bar} {value}/{total} {duration_formatted}`, stream: process.stdout },
          Presets.shades_classic,
        )
      : null;
    this.bar?.start(total, 0);
  }

  /** One more is done. */
  tick(): void {
    this.done += 1;
    if (this.bar) this.bar.update(this.done);
    else if (this.done % Math.max(1, Math.ceil(this.total / LINES)) === 0 || this.done === this.total) {
      console.log(`  ${this.what} ${this.done}/${this.total}`);
    }
  }

  /** Gives the terminal line back. */
  stop(): void {
    this.bar?.stop();
  }
}
