import { describeAnswer, type Carried, type Client } from './client.js';
import type { Findings } from './findings.js';
import { jsonOf, problemOf, type Answer } from './ledger-http.js';
import type { Order } from './marketplace.js';
import type { Model } from './model.js';
import { toOtherRequest, toRequest, type AccountIds, type LedgerRequest, type Movement } from './movement.js';

/** What the clients did, counted. */
export class Tally {
  posted = 0;
  overdraftAttempts = 0;
  repeated = 0;
  otherBodies = 0;
  /** What the first final answer to each movement took, in milliseconds. */
  readonly latenciesMs: number[] = [];
}

/** What the clients share: the books, what they found wrong, what they count. */
export interface Desk {
  readonly ids: AccountIds;
  readonly model: Model;
  readonly findings: Findings;
  readonly tally: Tally;
  /** Key -> its first answer. */
  readonly answers: Map<string, Answer>;
}

/**
 * Carries one order out the way it is planned, judges every answer, and writes it down in the books.
 *
 * @throws NeverAnswered
 */
export async function trade(client: Client, order: Order, desk: Desk): Promise<void> {
  const { movement, repeat } = order;
  const request = toRequest(movement, desk.ids);
  // Two at once: one of them moves the money, both get its answer.
  const answers =
    repeat === 'at-once'
      ? await Promise.all([client.carry(request), client.carry(request)])
      : [await client.carry(request)];
  const first = answers.find(({ answer }) => !answer.replayed) ?? answers[0];
  if (first === undefined) return;
  desk.tally.latenciesMs.push(first.tookMs);
  desk.answers.set(movement.key, first.answer);
  book(order, first.answer, desk);
  judgeFirstness(movement, answers, desk.findings);
  for (const { answer } of answers) {
    if (answer !== first.answer) judgeRepeat(movement, first.answer, answer, desk);
  }
  if (repeat === 'afterwards') await repeatOnce(client, request, movement, first.answer, desk);
  if (repeat === 'another-body') await sendAnotherBody(client, movement, desk);
}

/** Sends a request again whose answer is known, and judges that the answer is the same. */
export async function repeatOnce(
  client: Client,
  request: LedgerRequest,
  movement: Movement,
  first: Answer,
  desk: Desk,
): Promise<void> {
  const { answer } = await client.carry(request);
  if (!answer.replayed) {
    desk.findings.add('once', `The retry of ${movement.key} was not marked as Idempotency-Replayed.`);
  }
  judgeRepeat(movement, first, answer, desk);
}

function book({ movement, expected }: Order, answer: Answer, { model, findings, tally }: Desk): void {
  if (movement.kind === 'overdraft') tally.overdraftAttempts += 1;
  const { transactionId } = jsonOf(answer);
  if (answer.status < 400) {
    if (typeof transactionId !== 'string' || answer.position === null) {
      findings.add(
        'served',
        `${movement.key} was answered ${answer.status} without transaction or position.`,
      );
      return;
    }
    model.post(movement, transactionId, BigInt(answer.position));
    tally.posted += 1;
    if (expected === 'insufficient-funds') {
      findings.add('floor', `${movement.key} asked for more money than there is and was posted.`);
    }
    return;
  }
  const code = problemOf(answer)?.code ?? `status-${answer.status}`;
  model.refuse(movement, code);
  if (expected === 'posted') {
    findings.add(
      'served',
      `${movement.key} (${movement.kind}) was funded and answered ${describeAnswer(answer)}.`,
    );
  } else if (code !== 'insufficient-funds') {
    findings.add('served', `${movement.key} was refused with ${code} instead of insufficient-funds.`);
  }
}

/** Of all answers to one key, one at most is the first; exactly one when none was lost. */
function judgeFirstness(movement: Movement, answers: readonly Carried[], findings: Findings): void {
  const firsts = answers.filter(({ answer }) => !answer.replayed).length;
  const noneLost = answers.every(({ attempts }) => attempts === 1);
  if (firsts > 1 || (noneLost && firsts !== 1)) {
    findings.add('once', `${movement.key} was answered ${firsts} times as if it were new, instead of once.`);
  }
}

function judgeRepeat(movement: Movement, first: Answer, again: Answer, { findings, tally }: Desk): void {
  tally.repeated += 1;
  if (again.status !== first.status || comparable(again) !== comparable(first)) {
    findings.add(
      'once',
      `${movement.key} was answered ${describeAnswer(first)} ${first.text}, then ${describeAnswer(again)} ${again.text}.`,
    );
  }
}

/** The body byte for byte; of a problem everything but the id of the request, which is another one each time. */
function comparable(answer: Answer): string {
  if (problemOf(answer) === null) return answer.text;
  return JSON.stringify({ ...jsonOf(answer), requestId: null });
}

async function sendAnotherBody(
  client: Client,
  movement: Movement,
  { ids, findings, tally }: Desk,
): Promise<void> {
  const { request, pointers } = toOtherRequest(movement, ids);
  const { answer } = await client.carry(request);
  tally.otherBodies += 1;
  const problem = problemOf(answer);
  const named = (problem?.errors ?? [])
    .map(({ pointer }) => pointer)
    .sort()
    .join(', ');
  if (answer.status !== 409 || problem?.code !== 'idempotency-key-reused' || named !== pointers.join(', ')) {
    findings.add(
      'once',
      `${movement.key} with another body was answered ${describeAnswer(answer)} naming ${named || 'nothing'}, instead of 409 naming ${pointers.join(', ')}.`,
    );
  }
}
