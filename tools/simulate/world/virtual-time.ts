interface Appointment {
  readonly atMs: number;
  /** Breaks ties: first made, first kept. */
  readonly order: number;
  call: (() => void) | null;
}

/**
 * The time of the simulated world, and the only thing that moves it. Nothing in it waits for the machine: the next
 * appointment is kept as soon as everything that can run without one has run, so the same appointments give the same run.
 */
export class VirtualTime {
  nowMs = 0;
  private order = 0;
  private readonly heap: Appointment[] = [];

  /**
   * Calls once, after this many milliseconds of the simulated world.
   *
   * @returns what calls it off
   */
  after(ms: number, call: () => void): () => void {
    const appointment: Appointment = { atMs: this.nowMs + Math.max(0, ms), order: this.order, call };
    this.order += 1;
    this.push(appointment);
    return () => {
      appointment.call = null;
    };
  }

  /** Resolves after this many milliseconds of the simulated world. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /**
   * Keeps appointments until told to stop.
   *
   * @param isOver asked after each
   * @returns false when nothing is left to happen before it was over
   */
  async runUntil(isOver: () => boolean): Promise<boolean> {
    await everythingRan();
    while (!isOver()) {
      const next = this.pop();
      if (!next) return false;
      if (!next.call) continue;
      this.nowMs = next.atMs;
      next.call();
      await everythingRan();
    }
    return true;
  }

  private push(appointment: Appointment): void {
    const { heap } = this;
    let at = heap.push(appointment) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (!parent || isBefore(parent, appointment)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = appointment;
  }

  private pop(): Appointment | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const leftAt = 2 * at + 1;
      const left = heap[leftAt];
      if (!left) break;
      const right = heap[leftAt + 1];
      const [child, childAt] = right && isBefore(right, left) ? [right, leftAt + 1] : [left, leftAt];
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Appointment, other: Appointment): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Node runs every promise that can run before it comes to an immediate. */
function everythingRan(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
