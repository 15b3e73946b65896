// Counters that only grow → how fast they grow, from the last few times that they were told.
import type { Health } from './types';

const counters = ['lines', 'trades', 'ohlc', 'decisions', 'invalid_lines'] as const;
export type Counter = (typeof counters)[number];
export type Rates = Record<Counter, number | undefined>;

const spanMs = 5000;
const mostSeen = 60; // whatever its clock says

export class RateMeter {
  private seen: Health[] = [];

  feed(health: Health): Rates {
    const ts = health.ts ?? 0;
    const previous = this.seen[this.seen.length - 1];
    const startedAnew = previous !== undefined && previous.run_id !== health.run_id;
    if (startedAnew || (previous?.ts ?? 0) > ts) this.seen = [];
    this.seen.push(health);
    const isOld = (): boolean => (this.seen[1]?.ts ?? 0) <= ts - spanMs || this.seen.length > mostSeen;
    while (this.seen.length > 2 && isOld()) this.seen.shift();
    const oldest = this.seen[0]!;
    const seconds = (ts - (oldest.ts ?? 0)) / 1000;
    return Object.fromEntries(
      counters.map((name) => {
        const now = health[name];
        const then = oldest[name];
        const isKnown = now !== undefined && then !== undefined && seconds > 0;
        return [name, isKnown ? Math.max(0, now - then) / seconds : undefined];
      }),
    ) as Rates;
  }
}
