import { createHash } from 'node:crypto';
import { imbalances, inFlight, lastExpiryMs } from './auditor/at-rest.js';
import { Auditor } from './auditor/auditor.js';
import { History } from './auditor/history.js';
import type { Violation } from './auditor/violation.js';
import { Client, type ClientWorld } from './workload/client.js';
import { scopeOf } from './workload/commands.js';
import { Knowledge } from './workload/knowledge.js';
import { fundingOrders, openingOrders } from './workload/opening.js';
import { Outcomes } from './workload/outcomes.js';
import { Workload } from './workload/workload.js';
import { Adversary } from './world/adversary.js';
import { Chance } from './world/chance.js';
import { EventLog } from './world/event-log.js';
import { SimulatedProcess, SOUND_PARTS, type Parts, type World } from './world/simulated-process.js';
import { emptyTally, type Tally } from './world/tally.js';
import { VirtualTime } from './world/virtual-time.js';

const PROCESSES = 3;
/** When the simulated world begins; any instant will do. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
/** How slow a settler's clock may be, with some room. */
const CLOCK_SLACK_MS = 10_000;
/** How long the world may take to come to rest after the faults end: late messages, a lease to take over, recovery. */
const REST_MS_MAX = 240_000;
const REST_LOOK_MS = 5_000;
/** Holds that end later than this after the run are not waited for. */
const HOLDS_MS_MAX = 600_000;
/** Old keys that are asked again at the end. */
const ASKED_AGAIN = 100;

export interface SimulationOptions {
  readonly seed: number;
  readonly ops: number;
  readonly parts?: Parts;
}

/** What one run did and found. */
export interface SimulationResult {
  readonly seed: number;
  readonly ops: number;
  /** Empty when every promise was kept. */
  readonly violations: readonly Violation[];
  /** Commands that had been sent when the run ended. */
  readonly begun: number;
  readonly outcomes: Outcomes['byKind'];
  readonly tally: Tally;
  readonly events: number;
  readonly lateLegs: number;
  readonly simulatedMs: number;
  /** SHA-256 over the whole log: equal for equal seeds. */
  readonly digest: string;
}

/** Runs one seed from the first account to the last look. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(options).run();
}

class Simulation {
  private readonly time = new VirtualTime();
  private readonly auditor = new Auditor();
  private readonly tally = emptyTally();
  private readonly outcomes = new Outcomes();
  private readonly knowledge = new Knowledge();
  private readonly hash = createHash('sha256');
  private readonly log: EventLog;
  private readonly adversary: Adversary;
  private readonly world: World;
  private readonly history: History;
  private readonly clients: ClientWorld;
  private readonly processes: SimulatedProcess[] = [];
  private readonly ops: number;
  private started = 0;
  private isRaging = false;

  constructor(private readonly options: SimulationOptions) {
    const { auditor, time, tally, outcomes, knowledge } = this;
    this.ops = options.ops;
    const nowMs = (): number => EPOCH_MS + Math.floor(time.nowMs);
    this.log = new EventLog(nowMs, (event) => {
      auditor.observe(event);
      const { streamName, revision, type, id, recordedAtMs, data } = event;
      this.hash.update(`${streamName} ${revision} ${type} ${id} ${recordedAtMs} ${JSON.stringify(data)}\n`);
    });
    const { log } = this;
    this.adversary = new Adversary(this.chance('adversary'));
    const onFault = (what: string): void => auditor.report('own-word-is-kept', what);
    this.world = { log, time, adversary: this.adversary, tally, nowMs, onFault };
    this.history = new History(auditor, () => log.headPosition);
    const routing = this.chance('routing');
    this.clients = {
      time,
      knowledge,
      outcomes,
      workload: new Workload(this.chance('workload'), knowledge, nowMs),
      history: this.history,
      anyProcess: () => routing.pick(this.processes),
      headPosition: () => log.headPosition,
      maySend: () => outcomes.begun < this.ops,
    };
  }

  async run(): Promise<SimulationResult> {
    for (let index = 0; index < PROCESSES; index += 1) this.processes.push(this.startProcess());
    const chance = this.chance('clients');
    const setUp = new Client(this.clients, chance, 0);
    await this.carryOn(async () => {
      for (const order of openingOrders()) await setUp.send(order);
      for (const order of fundingOrders(this.knowledge.accounts)) await setUp.send(order);
    });
    this.outcomes.begun = 0;
    const clients = Array.from({ length: chance.integer(6, 30) }, (_none, index) => {
      return new Client(this.clients, this.chance(`client ${index}`), chance.pick([50, 300, 1_000]));
    });
    this.adversary.rage();
    this.isRaging = true;
    void this.disturb();
    await this.carryOn(() => Promise.all(clients.map((client) => client.run())));
    this.calmDown();
    await this.comeToRest();
    await this.carryOn(() => this.askAgain(setUp, chance));
    await this.carryOn(() => this.outliveHolds());
    await this.comeToRest();
    if (this.isSound) this.history.close();
    for (const { life } of this.processes) life.crash();
    return {
      seed: this.options.seed,
      ops: this.ops,
      violations: this.auditor.violations,
      begun: this.outcomes.begun,
      outcomes: this.outcomes.byKind,
      tally: this.tally,
      events: this.log.events.length,
      lateLegs: this.auditor.lateLegs,
      simulatedMs: this.time.nowMs,
      digest: this.hash.digest('hex'),
    };
  }

  private get isSound(): boolean {
    return this.auditor.violations.length === 0;
  }

  /** Lets the world go on until this is done, or a promise is broken. */
  private async carryOn(work: () => Promise<unknown>): Promise<void> {
    if (!this.isSound) return;
    let isDone = false;
    const working = work().finally(() => (isDone = true));
    await this.time.runUntil(() => isDone || !this.isSound);
    if (isDone) await working;
  }

  private startProcess(): SimulatedProcess {
    this.started += 1;
    const chance = this.chance(`process ${this.started}`);
    const process = new SimulatedProcess(this.world, chance, this.options.parts ?? SOUND_PARTS);
    process.life.onCrash(() => {
      if (!this.isRaging) return;
      this.tally.crashes += 1;
      this.time.after(this.adversary.restartMs(), () => this.replace(process));
    });
    process.start();
    return process;
  }

  private replace(dead: SimulatedProcess): void {
    const index = this.processes.indexOf(dead);
    if (index >= 0) this.processes[index] = this.startProcess();
  }

  /** Disturbs whole processes, one after the other, for as long as the faults last. */
  private async disturb(): Promise<void> {
    while (this.isRaging) {
      const { inMs, what, forMs } = this.adversary.nextDisturbance();
      await this.time.pause(inMs);
      if (!this.isRaging) return;
      const { life } = this.adversary.pick(this.processes);
      switch (what) {
        case 'crash':
          life.crash();
          break;
        case 'stall':
          this.tally.stalls += 1;
          life.standStill(forMs);
          break;
        case 'cut':
          this.tally.cuts += 1;
          life.cutOff(forMs);
          break;
        case 'outage':
          this.tally.outages += 1;
          for (const each of this.processes) each.life.cutOff(Math.min(forMs, 5_000));
          break;
      }
    }
  }

  /** Ends all faults. What wanders still arrives, and who died is started again. */
  private calmDown(): void {
    this.isRaging = false;
    this.adversary.rest();
    for (const process of [...this.processes]) {
      if (process.life.isAlive) process.life.recover();
      else this.replace(process);
    }
  }

  private async comeToRest(): Promise<void> {
    const deadlineMs = this.time.nowMs + REST_MS_MAX;
    await this.carryOn(async () => {
      for (;;) {
        await this.time.pause(REST_LOOK_MS);
        const owed = inFlight(this.auditor, this.world.nowMs() - CLOCK_SLACK_MS - REST_LOOK_MS);
        const known = this.processes.reduce((sum, process) => sum + process.inFlight, 0);
        if (known > 0) owed.push(`${known} transactions, says the settler`);
        if (owed.length === 0) break;
        if (this.time.nowMs < deadlineMs) continue;
        this.auditor.report('everything-comes-to-rest', `still in flight: ${owed.slice(0, 3).join('; ')}`);
        return;
      }
      const sums = imbalances(this.auditor);
      if (sums.length > 0) this.auditor.report('transactions-balance', `all entries sum to ${sums.join()}`);
    });
  }

  /** Waits until the holds are over that do not live for days. */
  private outliveHolds(): Promise<void> {
    const nowMs = this.world.nowMs();
    return this.time.pause(Math.max(0, lastExpiryMs(this.auditor, nowMs + HOLDS_MS_MAX) - nowMs));
  }

  /** Every key has its outcome for ever: some are asked again when all is over. */
  private async askAgain(client: Client, chance: Chance): Promise<void> {
    const orders = this.history.orders();
    for (let count = 0; count < ASKED_AGAIN && orders.length > 0; count += 1) {
      const order = chance.pick(orders);
      const { kind } = await client.send(order);
      if (kind !== 'answered') this.auditor.report('answers-come', `${scopeOf(order)} was ${kind}`);
    }
  }

  /** Chance of its own for each purpose, so that one does not change another. */
  private chance(purpose: string): Chance {
    return new Chance(`${this.options.seed} ${purpose}`);
  }
}
