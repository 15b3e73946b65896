// The server's health along the foot of the page; on a phone a view of its own, with details below.
import { daemonHealth, reasonOf } from './daemon_health';
import { byId, Cell, make, setAttribute } from './dom';
import { fileHealth } from './file_health';
import { age } from './format';
import type { HealthView } from './health_view';
import { RateMeter, type Rates } from './rates';
import type { Source } from './source';
import type { Health } from './types';

const signs = { '': '', warn: '▲ ', bad: '✕ ' };

const views: Record<Source, HealthView> = { daemon: daemonHealth, file: fileHealth };

export class HealthStrip {
  private readonly meter = new RateMeter();
  private readonly strip = make('div', { class: 'h-strip' });
  private readonly cells = new Map<string, { item: HTMLElement; value: Cell }>();
  private readonly details = make('div', { class: 'h-details' });
  private readonly gate = new Cell(byId('gate'));
  private readonly version = new Cell(byId('version'));
  private view: HealthView | undefined;
  private health: Health | undefined;
  private rates: Rates | undefined;
  private clockLead = 0; // the server's clock minus this one's
  private isStale = false;

  constructor() {
    const notice = make(
      'p',
      { class: 'notice' },
      'Charts by ',
      make('a', { href: 'https://www.tradingview.com/', target: '_blank', rel: 'noopener noreferrer' }, 'TradingView'),
      ' Lightweight Charts™, © TradingView, Inc.',
    );
    byId('health').append(this.strip, this.details, notice);
    this.gate.set('Gate –', 'quiet');
  }

  // Where producers send lines to.
  get ingestPort(): number {
    return this.health?.port ?? 9009;
  }

  // The followed file is not there.
  get isWaiting(): boolean {
    return this.health?.file_state === 'waiting';
  }

  setSource(source: Source): void {
    this.view = views[source];
    this.cells.clear();
    this.strip.replaceChildren();
    for (const { key, name, title } of this.view.cells) {
      const value = new Cell(make('b', { class: 'h-value' }));
      const head = make('span', { class: 'h-name' }, name);
      const item = make('div', { class: `h-item h-${key}`, title }, head, value.element);
      this.cells.set(key, { item, value });
      this.strip.append(item);
    }
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
    const { view, health, rates } = this;
    byId('health').classList.toggle('stale', this.isStale);
    if (!view || !health || !rates) return;
    const nowMs = this.isStale ? (health.ts ?? 0) : Date.now() + this.clockLead;
    for (const { key, title, read } of view.cells) {
      const { text, alarm = '', more = [] } = read(health, rates, nowMs);
      const { item, value } = this.cells.get(key)!;
      value.set(signs[alarm] + text, alarm);
      setAttribute(item, 'title', [title, ...more].join('\n'));
    }
    this.version.set(health.version ?? '');
    this.paintGate(health);
    this.paintDetails(view, health);
  }

  private paintGate({ gate }: Health): void {
    if (!gate) return this.gate.set('Gate –', 'quiet');
    const why = reasonOf(gate) || (gate.file ? `${gate.file} does not allow` : 'no file opens it');
    this.gate.set(gate.open ? '● Gate open' : `○ Gate closed: ${why}`, gate.open ? 'good' : 'warn');
    const from = gate.file ? `by ${gate.file}` : why;
    setAttribute(this.gate.element, 'title', `${from}${gate.age_s === null ? '' : `, ${age(gate.age_s)} old`}`);
  }

  private paintDetails(view: HealthView, health: Health): void {
    const sections = view.details(health).filter(({ lines }) => lines.length > 0);
    const wanted = sections.flatMap(({ title, lines }) => [
      ...(title === '' ? [] : [{ text: title, isTitle: true }]),
      ...lines.map((text) => ({ text, isTitle: false })),
    ]);
    wanted.forEach(({ text, isTitle }, i) => {
      const element = (this.details.children[i] ?? this.details.appendChild(make('p'))) as HTMLElement;
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle('h-title', isTitle);
    });
    while (this.details.children.length > wanted.length) this.details.lastElementChild!.remove();
  }
}
