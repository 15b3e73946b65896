// The symbol on the charts: loads its history, takes what comes live, goes further back, and fills what was missed.
import { getHistory, type HistoryWish } from './api';
import { maxKept, SymbolHistory } from './symbol_history';
import type { BarLine, Costs, DecisionLine, HistoryAnswer } from './types';
import { barOfLine, barsOfAnswer, decisionOfLine, decisionsOfAnswer } from './wire';

const pageSize = 5000;
const mendDelaysMs = [2500, 8000]; // the database has the whole bar after the next commit; twice, to be sure
const retryMs = 3000;
const tailS = 120; // what a fill looks at once more

export interface SelectedParts {
  onOpened: (history: SymbolHistory) => void; // its first page is in
  onTrouble: (message: string) => void;
  ask: () => void;
  fetchHistory?: (wish: HistoryWish, signal?: AbortSignal) => Promise<HistoryAnswer>;
}

export class SelectedSymbol {
  private history: SymbolHistory | undefined;
  private isOpened = false;
  private isWhole = false; // nothing is before what is here
  private isGoingBack = false;
  private abort = new AbortController();
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
    while (!abort.signal.aborted) {
      try {
        const answer = await this.fetchHistory({ symbol, limit: pageSize }, abort.signal);
        if (abort.signal.aborted) return;
        this.isWhole = isShort(answer);
        history.merge(barsOfAnswer(answer), decisionsOfAnswer(answer), this.isWhole);
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
    if (line.partial) this.mendLater(line.ts_ms);
    else this.history.putLiveBar(barOfLine(line));
  }

  takeDecision(line: DecisionLine): void {
    if (line.symbol === this.history?.symbol) this.history.putLiveDecision(decisionOfLine(line));
  }

  // One page further into the past.
  async goBack(): Promise<void> {
    const history = this.opened;
    const oldest = history?.bars[0]?.time;
    if (!history || oldest === undefined || this.isWhole || this.isGoingBack) return;
    if (history.bars.length + pageSize > maxKept) return;
    this.isGoingBack = true;
    const { signal } = this.abort;
    try {
      const answer = await this.fetchHistory({ symbol: history.symbol, to: oldest * 1000 - 1, limit: pageSize }, signal);
      if (signal.aborted) return;
      this.isWhole = isShort(answer);
      history.merge(barsOfAnswer(answer), decisionsOfAnswer(answer), this.isWhole);
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
        const answer = await this.fetchHistory({ symbol: history.symbol, from, limit: pageSize }, signal);
        if (signal.aborted) return;
        history.fill(barsOfAnswer(answer), decisionsOfAnswer(answer));
        this.parts.ask();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  private mendLater(ms: number): void {
    const history = this.history;
    const { signal } = this.abort;
    if (!history) return;
    for (const delay of mendDelaysMs) {
      setTimeout(async () => {
        if (signal.aborted) return;
        try {
          const answer = await this.fetchHistory({ symbol: history.symbol, from: ms, to: ms + 1000, limit: 1 }, signal);
          history.mend(barsOfAnswer(answer));
          this.parts.ask();
        } catch {
          // The bar stays as it was until the page is loaded again.
        }
      }, delay);
    }
  }
}

const isShort = (answer: HistoryAnswer): boolean =>
  answer.bars.ts_ms.length < pageSize && answer.decisions.ts_ms.length < pageSize;
