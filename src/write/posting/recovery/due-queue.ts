interface Appointment {
  readonly id: string;
  readonly dueAtMs: number;
}

/** What was called off or put off stays among the appointments until so many of them are stale. */
const STALE_MIN = 64;

/** Ids and when they are due, the earliest first. Setting one anew puts it off or forward; every step takes logarithmic time. */
export class DueQueue {
  private readonly dueAtMs = new Map<string, number>();
  /** A binary heap. An appointment that is not the id's own any more is stale, and passed over. */
  private heap: Appointment[] = [];

  get count(): number {
    return this.dueAtMs.size;
  }

  has(id: string): boolean {
    return this.dueAtMs.has(id);
  }

  set(id: string, dueAtMs: number): void {
    if (this.dueAtMs.get(id) === dueAtMs) return;
    this.dueAtMs.set(id, dueAtMs);
    this.push({ id, dueAtMs });
    if (this.heap.length > STALE_MIN + 2 * this.dueAtMs.size) this.removeStale();
  }

  delete(id: string): void {
    this.dueAtMs.delete(id);
  }

  /** Takes out the one that has been due for longest; undefined when none is due by now. */
  take(nowMs: number): string | undefined {
    for (let first = this.heap[0]; first && first.dueAtMs <= nowMs; first = this.heap[0]) {
      this.pop();
      if (this.dueAtMs.get(first.id) !== first.dueAtMs) continue;
      this.dueAtMs.delete(first.id);
      return first.id;
    }
    return undefined;
  }

  private removeStale(): void {
    this.heap = [];
    for (const [id, dueAtMs] of this.dueAtMs) this.push({ id, dueAtMs });
  }

  private push(appointment: Appointment): void {
    const { heap } = this;
    let at = heap.push(appointment) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (!parent || parent.dueAtMs <= appointment.dueAtMs) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = appointment;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const leftAt = 2 * at + 1;
      const left = heap[leftAt];
      if (!left) break;
      const right = heap[leftAt + 1];
      const [child, childAt] = right && right.dueAtMs < left.dueAtMs ? [right, leftAt + 1] : [left, leftAt];
      if (last.dueAtMs <= child.dueAtMs) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
  }
}
