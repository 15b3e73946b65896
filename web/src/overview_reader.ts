// Reads the overview every few minutes, and soon when somebody wants it: one request at a time, one timer, and later
// and later while the server fails.
import type { Overview } from './types';

const everyMs = 300_000; // the closes of 24 hours ago move on
const atMostEveryMs = 15_000;
const soonMs = 500;
const firstRetryMs = 3000;
const longestRetryMs = 30_000;

export interface OverviewParts {
  fetchOverview: () => Promise<Overview>;
  onOverview: (overview: Overview) => void;
  onTrouble: (message: string) => void;
}

export class OverviewReader {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueMs = Infinity;
  private begunMs = -Infinity;
  private failures = 0;
  private isReading = false;
  private isWanted = false;
  private isOutdated = false; // what is being read

  constructor(private readonly parts: OverviewParts) {}

  // At once, unless it is being read.
  now(): void {
    if (!this.isReading) void this.read();
  }

  // At once, whatever is being read: what was asked for before counts no more.
  anew(): void {
    this.isOutdated = this.isReading;
    this.now();
  }

  soon(): void {
    this.isWanted = true;
    if (!this.isReading) this.plan();
  }

  private async read(): Promise<void> {
    clearTimeout(this.timer);
    this.dueMs = Infinity;
    this.isReading = true;
    this.isWanted = false;
    this.isOutdated = false;
    this.begunMs = Date.now();
    try {
      const overview = await this.parts.fetchOverview();
      this.failures = 0;
      if (!this.isOutdated) this.parts.onOverview(overview);
    } catch (error) {
      ++this.failures;
      this.parts.onTrouble(error instanceof Error ? error.message : String(error));
    }
    this.isReading = false;
    if (this.isOutdated && this.failures === 0) return this.read();
    this.plan();
  }

  private plan(): void {
    const now = Date.now();
    let wait = everyMs;
    if (this.failures > 0) wait = Math.min(longestRetryMs, firstRetryMs * 2 ** (this.failures - 1));
    else if (this.isWanted) wait = Math.max(soonMs, this.begunMs + atMostEveryMs - now);
    if (now + wait >= this.dueMs) return; // it comes earlier anyway
    clearTimeout(this.timer);
    this.dueMs = now + wait;
    this.timer = setTimeout(() => void this.read(), wait);
  }
}
