// Joins the parts: what the server says goes to the market, the charts and the health strip; what the user does goes to
// the server. Everything is painted once a frame.
import { getOverview } from './api';
import { ChartNote } from './chart_note';
import { Charts } from './charts';
import { ConnectionBadge } from './connection_badge';
import { byId, setHidden } from './dom';
import type { StreamStatus } from './event_stream';
import { FillWatch } from './fill_watch';
import { Frames } from './frames';
import { HealthStrip } from './health_strip';
import { Market } from './market';
import { SelectedSymbol } from './selected_symbol';
import { SymbolList } from './symbol_list';
import { SymbolSummary } from './symbol_summary';
import type { ServerEvent } from './sse_parser';
import type { BarLine, DecisionLine, Health } from './types';

const overviewEveryMs = 300_000; // the closes of 24 hours ago move on
const overviewAtMostEveryMs = 15_000;
const retryMs = 3000;

export class Dashboard {
  private readonly frames = new Frames();
  private readonly market = new Market();
  private readonly badge = new ConnectionBadge();
  private readonly health = new HealthStrip();
  private readonly summary = new SymbolSummary();
  private readonly note = new ChartNote();
  private readonly fillWatch = new FillWatch();
  private readonly selected: SelectedSymbol;
  private readonly charts: Charts;
  readonly list: SymbolList;
  private hovered: number | undefined;
  private overviewMs = -Infinity;
  private overviewTimer: ReturnType<typeof setTimeout> | undefined;
  private hasOverview = false;
  private wantsFirst = true;
  private brokenSince = Infinity; // the newest second when the stream broke

  constructor(private readonly onChosen: () => void) {
    const { ask } = this.frames;
    this.charts = new Charts(byId('chart'), {
      onHover: (time) => {
        this.hovered = time;
        ask();
      },
      onNearStart: () => void this.selected.goBack(),
      onMoved: ask,
    });
    this.selected = new SelectedSymbol({
      onOpened: (history) => {
        this.charts.show(history, this.decimals, this.market.decisions || history.decisions.length > 0);
        byId('chart').classList.remove('loading');
        this.note.hide();
        ask();
      },
      onTrouble: (message) => this.note.trouble(message),
      ask,
    });
    this.list = new SymbolList(this.market, (symbol) => this.choose(symbol), ask);
    byId('to-now').addEventListener('click', () => this.charts.toNow());
    this.frames.add(() => this.paint());
    setInterval(() => this.paintClock(), 1000);
    this.paintClock();
    ask();
  }

  get symbol(): string {
    return this.selected.symbol ?? 'BTCUSDT';
  }

  async start(): Promise<void> {
    await this.readOverview();
    setInterval(() => this.readOverviewSoon(), overviewEveryMs);
  }

  choose(symbol: string): void {
    this.open(symbol);
    history.replaceState(null, '', `#${encodeURIComponent(symbol)}`);
    byId('announce').textContent = `${symbol} is shown`;
    this.onChosen();
  }

  applyColors(): void {
    this.charts.applyColors();
    this.frames.ask();
  }

  takeStatus(status: StreamStatus): void {
    this.badge.show(status);
    this.health.setStale(status.kind !== 'live');
    if (status.kind === 'live') this.fillWatch.restart();
    else this.brokenSince = Math.min(this.brokenSince, this.market.newestMs > 0 ? this.market.newestMs / 1000 : Infinity);
    this.frames.ask();
  }

  takeEvent(event: ServerEvent): void {
    switch (event.type) {
      case 'bar': {
        const line = JSON.parse(event.data) as BarLine;
        if (this.market.takeBar(line)) this.readOverviewSoon();
        this.selected.takeBar(line);
        break;
      }
      case 'decision': {
        const line = JSON.parse(event.data) as DecisionLine;
        this.market.takeDecision(line);
        this.selected.takeDecision(line);
        break;
      }
      case 'health': {
        const health = JSON.parse(event.data) as Health;
        if (health.ts !== undefined) health.ts *= 1000; // the daemon tells seconds, the page counts milliseconds
        this.health.take(health);
        if (this.fillWatch.feed(health)) {
          void this.selected.fillTail(Math.floor(this.brokenSince));
          this.brokenSince = Infinity;
          this.readOverviewSoon();
        }
        break;
      }
      case 'reset':
        this.readOverviewSoon();
        if (this.selected.symbol !== undefined) void this.selected.open(this.selected.symbol);
        this.fillWatch.restart();
        break;
    }
    this.frames.ask();
  }

  private get decimals(): number {
    return this.market.get(this.selected.symbol ?? '')?.decimals ?? 2;
  }

  private open(symbol: string): void {
    this.wantsFirst = false;
    this.hovered = undefined;
    byId('chart').classList.add('loading');
    this.list.select(symbol);
    document.title = `${symbol} · stream_daemon`;
    void this.selected.open(symbol);
    this.frames.ask();
  }

  private async readOverview(): Promise<void> {
    this.overviewMs = performance.now();
    try {
      const overview = await getOverview();
      this.hasOverview = true;
      this.selected.setCosts(overview.costs);
      this.market.takeOverview(overview);
      byId('list').classList.toggle('no-decisions', !this.market.decisions);
      byId('work').classList.toggle('no-decisions', !this.market.decisions);
    } catch (error) {
      if (!this.hasOverview) this.note.trouble(error instanceof Error ? error.message : String(error));
      setTimeout(() => void this.readOverview(), retryMs);
    }
    this.frames.ask();
  }

  private readOverviewSoon(): void {
    if (this.overviewTimer !== undefined) return;
    const wait = Math.max(500, this.overviewMs + overviewAtMostEveryMs - performance.now());
    this.overviewTimer = setTimeout(() => {
      this.overviewTimer = undefined;
      void this.readOverview();
    }, wait);
  }

  private openFirst(): void {
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted !== '' && this.market.get(wanted)) this.open(wanted);
    else if (this.list.first !== undefined) this.open(this.list.first);
  }

  private paint(): void {
    this.list.paint();
    if (this.wantsFirst && this.hasOverview) {
      this.openFirst();
      if (this.wantsFirst) this.note.noBars(this.health.ingestPort);
    }
    const history = this.selected.opened;
    const { decimals } = this;
    if (history) {
      this.charts.setDecimals(decimals);
      this.charts.apply(history.takeChanges());
      this.charts.label(this.hovered);
    }
    const { symbol } = this.selected;
    this.summary.paint(symbol, symbol === undefined ? undefined : this.market.get(symbol), history);
    this.summary.paintBar(history, this.hovered, decimals);
    this.health.paint();
    setHidden(byId('to-now'), !history || history.bars.length === 0 || this.charts.isAtNow);
  }

  private paintClock(): void {
    const now = new Date().toISOString();
    const text = `${now.slice(0, 10)} ${now.slice(11, 19)} UTC`;
    const clock = byId('clock');
    if (clock.textContent !== text) clock.textContent = text;
    this.frames.ask();
  }
}
