// Joins the parts: what the server says goes to the market, the charts and the health strip; what the user does goes to
// the server. Everything is painted once a frame.
import { hashOfSymbol, symbolOfHash } from './address';
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
import { OverviewReader } from './overview_reader';
import { Readout } from './readout';
import { SelectedSymbol } from './selected_symbol';
import { sourceOf, type Source } from './source';
import { SymbolList } from './symbol_list';
import { SymbolSummary } from './symbol_summary';
import type { ServerEvent } from './sse_parser';
import type { BarLine, DecisionLine, Health, Overview } from './types';

const titles: Record<Source, string> = { daemon: 'stream_daemon', file: 'decisions' };
const patienceMs = 2000; // for the overview, before a symbol that came live is shown

export interface DashboardParts {
  onChosen: () => void;
  onSource: (source: Source) => void;
}

export class Dashboard {
  private readonly frames = new Frames();
  private readonly market = new Market();
  private readonly badge = new ConnectionBadge();
  private readonly health = new HealthStrip();
  private readonly summary = new SymbolSummary();
  private readonly readout = new Readout();
  private readonly note = new ChartNote();
  private readonly fillWatch = new FillWatch();
  private readonly selected: SelectedSymbol;
  private readonly charts: Charts;
  readonly list: SymbolList;
  private readonly overview: OverviewReader;
  private knownSource: Source | undefined;
  private file = '';
  private hovered: number | undefined;
  private hasOverview = false;
  private patienceEnds = 0;
  private isBeginning = true; // nothing is chosen, and what the address names is not seen to exist
  private isFilled = false; // nothing is missing from before the stream
  private missedSince = Infinity; // the second behind which something may be, if not

  constructor(private readonly parts: DashboardParts) {
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
        if (!this.isFilled) this.missSince(history.bars.at(-1)?.time);
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
    this.overview = new OverviewReader({
      fetchOverview: getOverview,
      onOverview: (overview) => this.takeOverview(overview),
      onTrouble: (message) => {
        this.patienceEnds = 0;
        if (this.selected.symbol === undefined) this.note.trouble(message);
        ask();
      },
    });
    this.frames.add(() => this.list.paint());
    this.frames.add(() => this.begin());
    this.frames.add(() => this.paintSelected());
    this.frames.add(() => this.health.paint());
    setInterval(() => this.paintClock(), 1000);
    this.paintClock();
    ask();
  }

  // A daemon, until it is known.
  get source(): Source {
    return this.knownSource ?? 'daemon';
  }

  get symbol(): string {
    return this.selected.symbol ?? 'BTCUSDT';
  }

  start(): void {
    this.patienceEnds = performance.now() + patienceMs;
    this.overview.now();
    const named = symbolOfHash(location.hash);
    if (named !== '') this.open(named);
  }

  // Somebody did something about what kept it from reading.
  hurry(): void {
    this.overview.now();
  }

  choose(symbol: string): void {
    this.isBeginning = false;
    this.open(symbol);
    history.replaceState(null, '', hashOfSymbol(symbol));
    byId('announce').textContent = `${isolated(symbol)} is shown`;
    this.parts.onChosen();
  }

  applyColors(): void {
    this.charts.applyColors();
    this.frames.ask();
  }

  takeStatus(status: StreamStatus): void {
    this.badge.show(status);
    this.health.setStale(status.kind !== 'live');
    this.isFilled = false;
    if (status.kind === 'live') this.fillWatch.restart();
    else if (this.market.newestMs > 0) this.missSince(this.market.newestMs / 1000);
    this.frames.ask();
  }

  takeEvent(event: ServerEvent): void {
    switch (event.type) {
      case 'bar': {
        const line = JSON.parse(event.data) as BarLine;
        if (this.market.takeBar(line)) this.overview.soon();
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
        this.takeSource(health);
        this.health.take(health);
        if (this.fillWatch.feed(health)) {
          void this.selected.fillTail(Math.floor(this.missedSince));
          this.missedSince = Infinity;
          this.isFilled = true;
          this.overview.soon();
        }
        break;
      }
      case 'reset':
        if (this.source === 'file') this.beginAnew();
        else this.overview.soon();
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
    this.hovered = undefined;
    byId('chart').classList.add('loading');
    this.list.select(symbol);
    void this.selected.open(symbol);
    this.paintTitle();
    this.frames.ask();
  }

  private paintTitle(): void {
    const { symbol } = this.selected;
    const title = titles[this.source];
    document.title = symbol === undefined ? title : `${isolated(symbol)} · ${title}`;
    byId('title').textContent = title;
  }

  private missSince(second: number | undefined): void {
    this.missedSince = Math.min(this.missedSince, second ?? Infinity);
  }

  private takeSource(told: { file?: string }): void {
    this.file = told.file ?? '';
    const source = sourceOf(told);
    if (source === this.knownSource) return;
    this.knownSource = source;
    document.body.dataset['source'] = source;
    this.health.setSource(source);
    this.readout.setSource(source);
    this.charts.setSource(source);
    this.parts.onSource(source);
    this.paintTitle();
  }

  // The file is another one: what it does not have goes when the overview has come.
  private beginAnew(): void {
    this.market.beginAnew();
    this.isBeginning = true;
    this.hasOverview = false;
    this.missedSince = Infinity;
    this.patienceEnds = performance.now() + patienceMs;
    this.overview.anew();
  }

  private takeOverview(overview: Overview): void {
    this.takeSource(overview);
    this.hasOverview = true;
    this.selected.setCosts(overview.costs);
    this.market.takeOverview(overview);
    byId('list').classList.toggle('no-decisions', !this.market.decisions);
    byId('work').classList.toggle('no-decisions', !this.market.decisions);
    this.frames.ask();
  }

  // What is shown first: what the address names, else the first of the list, as soon as the overview is there or fails,
  // or is slow and symbols have come live.
  private begin(): void {
    if (!this.isBeginning) return;
    const { symbol, opened } = this.selected;
    if (symbol !== undefined && (this.market.knows(symbol) || opened?.bars.length)) {
      this.isBeginning = false;
      if (opened) this.note.hide();
      return;
    }
    const isUnderWay = symbol !== undefined && !opened;
    if (isUnderWay || (!this.hasOverview && performance.now() < this.patienceEnds)) return;
    if (this.list.first !== undefined) {
      this.isBeginning = false;
      this.open(this.list.first);
    } else if (this.hasOverview) {
      if (this.source === 'file') this.note.noDecisions(this.file, this.health.isWaiting);
      else this.note.noBars(this.health.ingestPort);
    }
  }

  private paintSelected(): void {
    const history = this.selected.opened;
    const { decimals } = this;
    if (history) {
      this.charts.setDecimals(decimals);
      this.charts.apply(history.takeChanges());
      this.charts.label(this.hovered);
    }
    const { symbol } = this.selected;
    this.summary.paint(symbol, symbol === undefined ? undefined : this.market.get(symbol), history);
    this.readout.paint(history, this.hovered, decimals);
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

// A name may have characters that turn the text around it.
const isolated = (name: string): string => `\u2068${name}\u2069`;
