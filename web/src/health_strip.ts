// The daemon's health along the foot of the page; on a phone a view of its own, with rejects and sinks one by one.
import { byId, Cell, make, setAttribute } from './dom';
import { age, bytes, count } from './format';
import { healthCells } from './health_cells';
import { RateMeter, type Rates } from './rates';
import type { Health } from './types';

const signs = { '': '', warn: '▲ ', bad: '✕ ' };

// The gate's reason is whatever JSON its file has.
const textOf = (reason: unknown): string =>
  reason === null || reason === undefined ? '' : typeof reason === 'string' ? reason : JSON.stringify(reason);

export class HealthStrip {
  private readonly meter = new RateMeter();
  private readonly cells = new Map<string, Cell>();
  private readonly items = new Map<string, HTMLElement>();
  private readonly details = make('div', { class: 'h-details' });
  private readonly gate = new Cell(byId('gate'));
  private readonly version = new Cell(byId('version'));
  private health: Health | undefined;
  private rates: Rates | undefined;
  private clockLead = 0; // the server's clock minus this one's
  private isStale = false;

  constructor() {
    const strip = make('div', { class: 'h-strip' });
    for (const { key, name, title } of healthCells) {
      const cell = new Cell(make('b', { class: 'h-value' }));
      const item = make('div', { class: 'h-item', title }, make('span', { class: 'h-name' }, name), cell.element);
      this.cells.set(key, cell);
      this.items.set(key, item);
      strip.append(item);
    }
    const notice = make(
      'p',
      { class: 'notice' },
      'Charts by ',
      make('a', { href: 'https://www.tradingview.com/', target: '_blank', rel: 'noopener noreferrer' }, 'TradingView'),
      ' Lightweight Charts™, © TradingView, Inc.',
    );
    byId('health').append(strip, this.details, notice);
    this.gate.set('Gate –', 'quiet');
  }

  // Where producers send lines to.
  get ingestPort(): number {
    return this.health?.port ?? 9009;
  }

  take(health: Health): void {
    this.health = health;
    this.rates = this.meter.feed(health);
    if (health.ts !== undefined) this.clockLead = health.ts - Date.now();
  }

  setStale(isStale: boolean): void {
    this.isStale = isStale;
  }

  paint(): void {
    const { health, rates } = this;
    byId('health').classList.toggle('stale', this.isStale);
    if (!health || !rates) return;
    const nowMs = this.isStale ? (health.ts ?? 0) : Date.now() + this.clockLead;
    for (const { key, read } of healthCells) {
      const { text, alarm = '' } = read(health, rates, nowMs);
      this.cells.get(key)!.set(signs[alarm] + text, alarm);
    }
    this.version.set(health.version ?? '');
    this.paintGate(health);
    this.paintDetails(health);
  }

  private paintGate({ gate }: Health): void {
    if (!gate) return this.gate.set('Gate –', 'quiet');
    const why = textOf(gate.reason) || (gate.file ? `${gate.file} does not allow` : 'no file opens it');
    this.gate.set(gate.open ? '● Gate open' : `○ Gate closed: ${why}`, gate.open ? 'good' : 'warn');
    const from = gate.file ? `by ${gate.file}` : why;
    setAttribute(this.gate.element, 'title', `${from}${gate.age_s === null ? '' : `, ${age(gate.age_s)} old`}`);
  }

  private paintDetails(health: Health): void {
    const reasons = Object.entries(health.rejected_by_reason ?? {}).filter(([, lines]) => lines > 0);
    reasons.sort((a, b) => b[1] - a[1]);
    const rejected = reasons.map(([reason, lines]) => `${reason} ${count(lines)}`);
    const sinks = (health.sinks ?? []).map((sink) => {
      const waits = sink.bytes_waiting > 0 ? `, ${bytes(sink.bytes_waiting)} wait` : '';
      return `${sink.connected ? '●' : '○'} ${sink.sink}: ${sink.connected ? 'connected' : 'not connected'}${waits}`;
    });
    setAttribute(this.items.get('rejects')!, 'title', ['Lines refused since the start', ...rejected].join('\n'));
    setAttribute(this.items.get('sinks')!, 'title', sinks.length > 0 ? sinks.join('\n') : 'No sinks');
    const { gate } = health;
    const why = gate && (textOf(gate.reason) || (gate.file ?? 'no file'));
    const gateLines = gate ? ['Gate', `${gate.open ? '● open' : '○ closed'}: ${why}`] : [];
    const lines = [
      ...gateLines,
      ...(rejected.length > 0 ? ['Rejects', ...rejected] : []),
      ...(sinks.length > 0 ? ['Sinks', ...sinks] : []),
      `Run ${health.run_id ?? ''}, version ${health.version ?? ''}`,
    ];
    this.writeDetails(lines);
  }

  private writeDetails(lines: string[]): void {
    lines.forEach((line, i) => {
      const element = (this.details.children[i] ?? this.details.appendChild(make('p'))) as HTMLElement;
      if (element.textContent !== line) element.textContent = line;
      element.classList.toggle('h-title', ['Gate', 'Rejects', 'Sinks'].includes(line));
    });
    while (this.details.children.length > lines.length) this.details.lastElementChild!.remove();
  }
}
