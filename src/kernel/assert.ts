/** A broken promise of our own code. Never caught to go on: the process or the request that meets one stops. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/**
 * Crashes when our own code broke its word. Not for input: input is refused with a value.
 *
 * @param condition what must hold
 * @param sentence what was promised, as a full sentence for the log
 * @throws AssertionFailure
 */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionFailure(sentence);
}

/**
 * Ends a switch over a closed union: compiles only while every case is handled.
 *
 * @throws AssertionFailure when a value outside the union arrives at run time
 */
export function assertNever(value: never, what: string): never {
  // Money is bigint, which JSON alone can't show: the failure must not fail.
  const text = JSON.stringify(value, (_name, held: unknown) =>
    typeof held === 'bigint' ? held.toString() : held,
  );
  throw new AssertionFailure(`${what} is not one we know: ${text}.`);
}
