// The symbol on the charts: loads its history, takes what comes live, goes further back, and fills what was missed.
import { getHistory, type HistoryWish } from './api';
import { LateBars } from './late_bars';
import { maxKept, SymbolHistory } from './symbol_history';
import type { BarLine, Costs, DecisionLine, HistoryAnswer } from './types';
import { barOfLine, barsOfAnswer, decisionOfLine, decisionsOfAnswer, secondOf } from './wire';

const pageSize = 5000;
const retryMs = 3000;
const tailS = 120; // what a fill looks at once more

export interface SelectedParts {
  onOpened: (history: SymbolHistory) => void; // its first page is in
  onTrouble: (message: string) => void;
  ask: () => void;
  fetchHistory?: (wish: HistoryWish, signal?: AbortSignal) => Promise<HistoryAnswer>;
  mendRoundMs?: number;
}

export class SelectedSymbol {
  private history: SymbolHistory | undefined;
  private isOpened = false;
  private isGoingBack = false;
  private abort = new AbortController();
  private late: LateBars | undefined;
  private costs: Costs = { fee_rate: 0.0005, slippage: 0.0003 };
  private readonly fetchHistory: NonNullable<SelectedParts['fetchHistory']>;

  constructor(private readonly parts: SelectedParts) {
    this.fetchHistory = parts.fetchHistory ?? getHistory;
  }

  get symbol(): string | undefined {
    return this.history?.symbol;
  }

  // What is on the charts; undefined while its first page is under way.
  get opened(): SymbolHistory | undefined {
    return this.isOpened ? this.history : undefined;
  }

  setCosts(costs: Costs): void {
    this.costs = costs;
    this.history?.setCosts(costs);
    this.parts.ask();
  }

  // Also to begin anew with the same symbol, when what came live cannot be trusted to be without gaps.
  async open(symbol: string): Promise<void> {
    this.abort.abort();
    const abort = new AbortController();
    this.abort = abort;
    const history = new SymbolHistory(symbol, this.costs);
    this.history = history;
    this.isOpened = false;
    this.isGoingBack = false;
    this.late = new LateBars({
      look: (seconds) => this.mend(history, seconds, abort.signal),
      signal: abort.signal,
      roundMs: this.parts.mendRoundMs,
    });
    while (!abort.signal.aborted) {
      try {
        const answer = await this.fetchHistory({ symbol, limit: pageSize }, abort.signal);
        if (abort.signal.aborted) return;
        history.merge(barsOfAnswer(answer), decisionsOfAnswer(answer), isShort(answer), answer.held);
        history.takeChanges();
        this.isOpened = true;
        this.parts.onOpened(history);
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        this.parts.onTrouble(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  takeBar(line: BarLine): void {
    if (line.symbol !== this.history?.symbol) return;
    if (line.partial) this.late?.note(secondOf(line.ts_ms));
    else this.history.putLiveBar(barOfLine(line));
  }

  takeDecision(line: DecisionLine): void {
    if (line.symbol === this.history?.symbol) this.history.putLiveDecision(decisionOfLine(line));
  }

  // One page further into the past.
  async goBack(): Promise<void> {
    const history = this.opened;
    const oldest = history?.bars[0]?.time;
    if (!history || oldest === undefined || history.isWhole || this.isGoingBack) return;
    if (history.bars.length + pageSize > maxKept) return;
    this.isGoingBack = true;
    const { signal } = this.abort;
    try {
      const answer = await this.fetchHistory({ symbol: history.symbol, to: oldest * 1000, limit: pageSize }, signal);
      if (signal.aborted) return;
      history.merge(barsOfAnswer(answer), decisionsOfAnswer(answer), isShort(answer), answer.held);
      this.parts.ask();
    } catch {
      // The next look at the past tries again.
    } finally {
      if (!signal.aborted) this.isGoingBack = false;
    }
  }

  // What closed just before the stream began and was not in the database yet when the first page was read; and, should
  // the server have gone on without it, what closed since the stream broke.
  async fillTail(brokenSince: number): Promise<void> {
    const history = this.opened;
    if (!history) return;
    const { signal } = this.abort;
    const newest = history.bars.at(-1)?.time ?? 0;
    const from = Math.max(0, Math.min(newest, brokenSince) - tailS) * 1000;
    while (!signal.aborted) {
      try {
        for await (const answer of this.pages(history.symbol, from, undefined, signal)) {
          history.fill(barsOfAnswer(answer), decisionsOfAnswer(answer));
          this.parts.ask();
        }
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  // The whole bars of these seconds, as far as they are on the charts.
  private async mend(history: SymbolHistory, seconds: readonly number[], signal: AbortSignal): Promise<boolean> {
    if (this.opened !== history) return false;
    const oldest = history.isWhole ? 0 : (history.bars[0]?.time ?? Infinity);
    const shown = new Set(seconds.filter((second) => second >= oldest).sort((a, b) => a - b));
    const [first, last] = [[...shown][0], [...shown].at(-1)];
    if (first === undefined || last === undefined) return true;
    for await (const answer of this.pages(history.symbol, first * 1000, (last + 1) * 1000, signal)) {
      history.mend(barsOfAnswer(answer).filter(({ time }) => shown.has(time)));
      this.parts.ask();
    }
    return true;
  }

  // All of a range, the newest page first: the server gives the newest of what does not fit into one answer.
  private async *pages(symbol: string, from: number, to: number | undefined, signal: AbortSignal) {
    for (;;) {
      const answer = await this.fetchHistory({ symbol, from, to, limit: pageSize }, signal);
      if (signal.aborted) return;
      yield answer;
      if (isShort(answer)) return;
      to = answer.bars.ts_ms[0]!;
    }
  }
}

const isShort = (answer: HistoryAnswer): boolean => answer.bars.ts_ms.length < pageSize;
