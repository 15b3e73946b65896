// The charts of the selected symbol: draws its history, then what changes, and says what lies under the crosshair.
import {
  addToBands,
  exposure,
  gross,
  impulse,
  marker,
  markers,
  net,
  observeBands,
  urgency,
} from './chart_data';
import { ChartPanes } from './chart_panes';
import { price, signed, timeOfDay } from './format';
import type { LabelPart } from './pane_label';
import type { Source } from './source';
import type { Changes, SymbolHistory } from './symbol_history';
import type { Decision } from './types';

const roomAhead = 5; // bars' widths between the newest and the edge

export class Charts {
  private readonly panes: ChartPanes;
  private source: Source = 'daemon';
  private history: SymbolHistory | undefined;
  private decimals = 2;
  private shownMarkers: ReturnType<typeof markers> = [];
  private lastDecision: Decision | undefined;
  private lastDrawn = { bar: -Infinity, decision: -Infinity };
  private mustFit = false;
  private wish: { from: number; to: number } | undefined; // the range that was asked for, until the next frame has it

  constructor(
    private readonly container: HTMLElement,
    callbacks: { onHover: (time: number | undefined) => void; onNearStart: () => void; onMoved: () => void },
  ) {
    this.panes = new ChartPanes(container, this.source);
    const { chart } = this.panes;
    chart.subscribeCrosshairMove((event) => callbacks.onHover(event.time as number | undefined));
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 30 && this.lastDrawn.bar > 0) callbacks.onNearStart();
      callbacks.onMoved();
    });
    container.addEventListener('keydown', (event) => this.key(event));
  }

  get isAtNow(): boolean {
    return this.panes.chart.timeScale().scrollPosition() > -2;
  }

  toNow(): void {
    this.panes.chart.timeScale().scrollToPosition(roomAhead, false);
  }

  setSource(source: Source): void {
    if (source === this.source) return;
    this.source = source;
    this.panes.setSource(source);
    this.panes.setDecimals(this.decimals);
    this.rebuild();
  }

  show(history: SymbolHistory, decimals: number, withDecisions: boolean): void {
    if (this.history?.symbol !== history.symbol) this.mustFit = true;
    this.history = history;
    this.decimals = decimals;
    this.panes.setDecisions(withDecisions);
    this.panes.setDecimals(decimals);
    this.rebuild();
  }

  setDecimals(decimals: number): void {
    if (decimals === this.decimals) return;
    this.decimals = decimals;
    this.panes.setDecimals(decimals);
  }

  applyColors(): void {
    this.panes.applyColors();
    this.rebuild();
  }

  apply(changes: Changes): void {
    const { history, panes } = this;
    if (!history) return;
    if (changes.decisions.length > 0 && !panes.decisions) {
      panes.setDecisions(true);
      panes.setDecimals(this.decimals);
      changes.rebuild = true;
    }
    if (changes.rebuild || changes.bars.length + changes.decisions.length > 200) return this.rebuild();
    for (const bar of changes.bars) {
      const isOlder = bar.time < this.lastDrawn.bar;
      panes.price.update(bar, panes.colors, isOlder);
      if (!isOlder) this.lastDrawn.bar = bar.time;
    }
    for (const { decision, point } of changes.decisions) {
      const { decisions, colors } = panes;
      if (!decisions || decision.time < this.lastDrawn.decision) return this.rebuild();
      decisions.exposure.update(exposure(point));
      decisions.urgency.update(urgency(decision, colors));
      decisions.impulses.update(impulse(point, decision, colors));
      decisions.gross.update(gross(point));
      decisions.net.update(net(point));
      addToBands(panes.observe.bands, decision, this.lastDecision);
      if (decision.state !== this.lastDecision?.state) {
        this.shownMarkers.push(marker(decision, colors));
        panes.markers.setMarkers(this.shownMarkers);
      }
      this.lastDecision = decision;
      this.lastDrawn.decision = decision.time;
    }
  }

  private rebuild(): void {
    const { history, panes } = this;
    if (!history) return;
    const { bars, decisions, pnl } = history;
    const { colors } = panes;
    this.lastDrawn = { bar: bars.at(-1)?.time ?? -Infinity, decision: decisions.at(-1)?.time ?? -Infinity };
    panes.observe.bands = observeBands(decisions);
    panes.price.set(bars, colors);
    if (panes.decisions) {
      panes.decisions.exposure.setData(pnl.map(exposure));
      panes.decisions.urgency.setData(decisions.map((decision) => urgency(decision, colors)));
      panes.decisions.impulses.setData(pnl.map((point, i) => impulse(point, decisions[i]!, colors)));
      panes.decisions.gross.setData(pnl.map(gross));
      panes.decisions.net.setData(pnl.map(net));
    }
    this.shownMarkers = markers(decisions, colors);
    panes.markers.setMarkers(this.shownMarkers);
    this.lastDecision = decisions.at(-1);
    if (this.mustFit && bars.length > 0) this.fit(bars.length);
  }

  // The newest bars, as many as are good to read on this width.
  private fit(bars: number): void {
    this.mustFit = false;
    const count = Math.max(40, Math.floor((this.container.clientWidth - 80) / 6));
    this.panes.chart.timeScale().setVisibleLogicalRange({ from: bars - count, to: bars - 1 + roomAhead });
  }

  // What the panes say of the second under the crosshair, or of the newest.
  label(hovered: number | undefined): void {
    const { history, panes } = this;
    if (!history) return;
    const { colors } = panes;
    const time = hovered ?? this.lastDrawn.decision;
    const here = history.decisionAt(time);
    const title = (text: string): LabelPart => ({ text, color: colors.text });
    panes.labels[0]?.set([
      ...panes.price.legend(colors),
      ...(panes.decisions ? [{ text: 'OBSERVE', color: colors.muted, sign: 'box' } as LabelPart] : []),
    ]);
    if (!panes.decisions) return;
    const side = (value: number): string => (value > 0 ? colors.up : value < 0 ? colors.down : colors.muted);
    const finer = Math.min(10, this.decimals + 2);
    const point = here?.point;
    panes.labels[1]?.set([
      title('Target exposure (not executions)'),
      { text: signed(point?.exposure, 4), color: side(point?.exposure ?? 0), sign: 'line' },
      { text: `urgency ${price(here?.decision.urgency, 2)}`, color: colors.urgency, sign: 'box' },
    ]);
    panes.labels[2]?.set([
      title('Change of target'),
      { text: signed(point?.delta, 4), color: side(point?.delta ?? 0), sign: 'box' },
    ]);
    const since = history.pnlSince === undefined ? '' : `since ${timeOfDay(history.pnlSince)}`;
    panes.labels[3]?.set([
      title('PnL of 1 unit'),
      { text: `net ${signed(point?.net, finer)}`, color: colors.net, sign: 'line' },
      { text: `gross ${signed(point?.gross, finer)}`, color: colors.gross, sign: 'dashes' },
      { text: since, color: colors.muted },
    ]);
  }

  private key(event: KeyboardEvent): void {
    const scale = this.panes.chart.timeScale();
    const range = this.wish ?? scale.getVisibleLogicalRange(); // keys may come faster than frames
    if (!range || event.ctrlKey || event.metaKey || event.altKey) return;
    const width = range.to - range.from;
    const look = (from: number, to: number): void => {
      this.wish = { from, to };
      scale.setVisibleLogicalRange(this.wish);
      requestAnimationFrame(() => (this.wish = undefined));
    };
    const move = (by: number): void => look(range.from + by, range.to + by);
    const zoom = (factor: number): void => look(range.to - width * factor, range.to);
    if (event.key === 'ArrowLeft') move(-width / 8);
    else if (event.key === 'ArrowRight') move(width / 8);
    else if (event.key === '+' || event.key === '=') zoom(0.75);
    else if (event.key === '-') zoom(1.33);
    else if (event.key === 'End') this.toNow();
    else return;
    event.preventDefault();
  }
}
