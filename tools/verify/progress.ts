import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from './verify.js';

/** Parts the whole log is shown in. */
const PARTS = 1000;
/** How often a line is written where there is no terminal to draw on. */
const LINE_EVERY_MS = 5_000;

/** Shows how far a verification has come. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  end(): void;
}

/** A bar on a terminal, now and then a line anywhere else. Written to standard error, so that the result stands alone. */
export function progressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? barOn(stream) : linesOn(stream);
}

function barOn(stream: NodeJS.WriteStream): ProgressDisplay {
  const bar = new SingleBar(
    {
      format: 'Replaying {bar} {percentage} % | {events} events | {eta_formatted} left',
      stream,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  bar.start(PARTS, 0, { events: 0 });
  let shown = -1;
  return {
    show(progress) {
      const part = partOf(progress);
      if (part === shown) return;
      shown = part;
      bar.update(part, { events: progress.events });
    },
    end: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream): ProgressDisplay {
  let nextAtMs = performance.now() + LINE_EVERY_MS;
  return {
    show(progress) {
      if (performance.now() < nextAtMs) return;
      nextAtMs = performance.now() + LINE_EVERY_MS;
      stream.write(
        `Replaying: ${Math.floor((partOf(progress) * 100) / PARTS)} %, ${progress.events} events\n`,
      );
    },
    end: () => undefined,
  };
}

/** Writes go on meanwhile, so the log may be longer by the end than it was at the start. */
function partOf({ position, head }: Progress): number {
  return head === 0n || position >= head ? PARTS : Number((position * BigInt(PARTS)) / head);
}
