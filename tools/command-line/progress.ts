import { Presets, SingleBar } from 'cli-progress';

/** Parts the whole way is shown in. */
const PARTS = 1000;
/** How often a line is written where there is no terminal to draw on. */
const LINE_EVERY_MS = 5_000;

/** How far a reading of the log has come. */
export interface Progress {
  readonly position: bigint;
  /** Where it is to come. */
  readonly target: bigint;
  readonly events: number;
}

/** Shows how far something has come. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  end(): void;
}

/**
 * A bar on a terminal, now and then a line anywhere else, with rate and time left. Written to standard error, so that the
 * result stands alone.
 *
 * @param doing one word that says what goes on, such as `Replaying`
 */
export function progressDisplay(stream: NodeJS.WriteStream, doing: string): ProgressDisplay {
  return stream.isTTY ? barOn(stream, doing) : linesOn(stream, doing);
}

function barOn(stream: NodeJS.WriteStream, doing: string): ProgressDisplay {
  const bar = new SingleBar(
    {
      format: `${doing} {bar} {percentage} % | {events} events, {rate}/s | {left} left`,
      stream,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  const startedAtMs = performance.now();
  bar.start(PARTS, 0, { events: 0, rate: '-', left: '-' });
  let shown = -1;
  return {
    show(progress) {
      const part = partOf(progress);
      if (part === shown) return;
      shown = part;
      bar.update(part, { events: progress.events, ...pace(progress, startedAtMs) });
    },
    end: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream, doing: string): ProgressDisplay {
  const startedAtMs = performance.now();
  let nextAtMs = startedAtMs + LINE_EVERY_MS;
  return {
    show(progress) {
      if (performance.now() < nextAtMs) return;
      nextAtMs = performance.now() + LINE_EVERY_MS;
      const { rate, left } = pace(progress, startedAtMs);
      const percentage = Math.floor((partOf(progress) * 100) / PARTS);
      stream.write(`${doing}: ${percentage} %, ${progress.events} events, ${rate}/s, ${left} left\n`);
    },
    end: () => undefined,
  };
}

function pace(progress: Progress, startedAtMs: number): { readonly rate: string; readonly left: string } {
  const seconds = Math.max((performance.now() - startedAtMs) / 1000, 0.001);
  const part = partOf(progress);
  const leftSeconds = part === 0 ? null : Math.ceil((seconds * (PARTS - part)) / part);
  return {
    rate: `${Math.round(progress.events / seconds)}`,
    left: leftSeconds === null ? 'unknown time' : duration(leftSeconds),
  };
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Writes go on meanwhile, so the log may be longer by the end than it was at the start. */
function partOf({ position, target }: Progress): number {
  return target === 0n || position >= target ? PARTS : Number((position * BigInt(PARTS)) / target);
}
