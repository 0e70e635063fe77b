/** So many may be inside at a time; nobody waits. */
export class Places {
  /** @param free how many there are */
  constructor(private free: number) {}

  get areTaken(): boolean {
    return this.free === 0;
  }

  /** Takes a place; whoever got one gives it back. @returns false when there is none */
  take(): boolean {
    if (this.free === 0) return false;
    this.free -= 1;
    return true;
  }

  giveBack(): void {
    this.free += 1;
  }
}
