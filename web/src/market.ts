// The newest of each symbol: what the list shows. Knows which rows have changed since somebody looked.
import type { BarLine, DecisionLine, Overview, State } from './types';

export interface Row {
  symbol: string;
  barMs: number;
  last: number;
  base: number | null; // the close that the day's change is reckoned from
  tick: -1 | 0 | 1; // how the last price changed
  decisionMs: number;
  state: State | null;
  target: number | null; // signed
  hold: boolean;
  posture: string | null;
  gateOpen: boolean | null;
  decimals: number;
  version: number;
  generation: number;
}

export class Market {
  private readonly bySymbol = new Map<string, Row>();
  private symbolsChanged = true;
  private generation = 0;
  decisions = false; // there are such, and not bars alone
  newestMs = 0;

  get(symbol: string): Row | undefined {
    return this.bySymbol.get(symbol);
  }

  // It is there, and not only from before the market began anew.
  knows(symbol: string): boolean {
    return this.get(symbol)?.generation === this.generation;
  }

  // What is here counts no more, but stays in sight until the next overview.
  beginAnew(): void {
    ++this.generation;
    this.newestMs = 0;
  }

  get size(): number {
    return this.bySymbol.size;
  }

  rows(): Row[] {
    return [...this.bySymbol.values()];
  }

  // True once after symbols have come.
  takeSymbolsChanged(): boolean {
    const changed = this.symbolsChanged;
    this.symbolsChanged = false;
    return changed;
  }

  takeOverview(overview: Overview): void {
    this.decisions = overview.decisions;
    for (const given of overview.symbols) {
      const row = this.row(given.symbol);
      row.base = given.open_close;
      if (given.ts_ms >= row.barMs) this.price(row, given.ts_ms, given.close);
      if (given.state !== null && given.ts_ms >= row.decisionMs) {
        row.decisionMs = given.ts_ms;
        row.state = given.state;
        row.target = (given.direction ?? 0) * (given.target_exposure ?? 0);
        row.hold = given.hold ?? false;
        row.posture = given.posture;
        row.gateOpen = given.gate_open;
      }
      ++row.version;
    }
    this.dropOld();
  }

  // True when the symbol is new.
  takeBar(line: BarLine): boolean {
    const isNew = !this.knows(line.symbol);
    const row = this.row(line.symbol);
    if (!line.partial && line.ts_ms >= row.barMs) {
      this.price(row, line.ts_ms, line.close);
      ++row.version;
    }
    return isNew;
  }

  takeDecision(line: DecisionLine): void {
    this.decisions = true;
    const row = this.row(line.symbol);
    if (line.timestamp < row.decisionMs) return;
    row.decisionMs = line.timestamp;
    row.state = line.state;
    row.target = line.direction * line.target_exposure;
    row.hold = line.hold;
    row.posture = line.posture;
    row.gateOpen = line.gate_open;
    ++row.version;
  }

  private price(row: Row, ms: number, close: number): void {
    row.tick = row.barMs === 0 || close === row.last ? 0 : close > row.last ? 1 : -1;
    row.barMs = ms;
    row.last = close;
    row.decimals = Math.max(row.decimals, decimalsOf(close));
    this.newestMs = Math.max(this.newestMs, ms);
  }

  private dropOld(): void {
    for (const symbol of this.bySymbol.keys()) {
      if (this.knows(symbol)) continue;
      this.bySymbol.delete(symbol);
      this.symbolsChanged = true;
    }
  }

  private row(symbol: string): Row {
    let row = this.bySymbol.get(symbol);
    if (row === undefined) {
      row = blank(symbol, this.generation);
      this.bySymbol.set(symbol, row);
      this.symbolsChanged = true;
    } else if (row.generation !== this.generation) {
      Object.assign(row, blank(symbol, this.generation), { version: row.version + 1 });
    }
    return row;
  }
}

const blank = (symbol: string, generation: number): Row => ({
  symbol,
  barMs: 0,
  last: NaN,
  base: null,
  tick: 0,
  decisionMs: 0,
  state: null,
  target: null,
  hold: false,
  posture: null,
  gateOpen: null,
  decimals: 0,
  version: 0,
  generation,
});

// How many decimals a price is written with, 8 at most.
export function decimalsOf(price: number): number {
  const text = Number(price.toPrecision(12)).toString();
  const exponent = text.indexOf('e-');
  if (exponent >= 0) return 8;
  const point = text.indexOf('.');
  return point < 0 ? 0 : Math.min(8, text.length - point - 1);
}
