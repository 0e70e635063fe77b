/** One capture or reversal may have several attempts under way: each is its own claim on the parent. */
export function attemptKey(childId: string, attemptId: string): string {
  return `${childId}/${attemptId}`;
}
