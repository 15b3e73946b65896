// Seconds of which a late part alone came live. Their whole bars are in the database after the next commit: it is asked
// for all of them together, once a round, and once more some rounds later, to be sure.

const lookAtRounds = [1, 4];

export interface LateBarsParts {
  look: (seconds: readonly number[]) => Promise<boolean>; // false: not possible yet
  signal: AbortSignal;
  roundMs?: number;
}

export class LateBars {
  private readonly rounds = new Map<number, number>(); // second → rounds since its part came
  private isRunning = false;

  constructor(private readonly parts: LateBarsParts) {}

  note(second: number): void {
    this.rounds.set(second, 0);
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.rounds.size > 0 && !this.parts.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, this.parts.roundMs ?? 2500));
      if (!this.parts.signal.aborted) await this.round();
    }
    this.isRunning = false;
  }

  private async round(): Promise<void> {
    for (const [second, gone] of this.rounds) this.rounds.set(second, gone + 1);
    const due = [...this.rounds.keys()].filter((second) => lookAtRounds.includes(this.rounds.get(second)!));
    if (due.length === 0) return;
    const isDone = await this.parts.look(due).catch(() => false);
    for (const second of due) {
      if (!isDone) this.rounds.set(second, 0);
      else if (this.rounds.get(second) === lookAtRounds.at(-1)) this.rounds.delete(second);
    }
  }
}
