import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a condition, looking often; an error counts as "not yet".
 *
 * @throws when it does not come true in time, with what `describe` says then
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  describe: () => string = () => 'The condition did not come true in time.',
  withinMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  const holds = async (): Promise<boolean> => {
    try {
      return await condition();
    } catch {
      return false;
    }
  };
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(describe());
    await sleep(10);
  }
}
