/** Lets so many pieces of work run at a time; the others wait their turn, in order. */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  /** @param free how many run at a time */
  constructor(private free: number) {}

  /** Runs work when there is a slot for it. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The slot is handed on, not freed: nobody who comes later takes it first.
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
