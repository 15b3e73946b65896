// One line of the list on the page. It shows now this symbol, now that one, as the list scrolls.
import { Cell, make, setAttribute, wantsCalm } from './dom';
import { changeRatio, dash, percent, price, signed } from './format';
import type { Row } from './market';
import { shortPosture, stateLook } from './states';

const ratioMood = (ratio: number | null): string => (ratio === null || ratio === 0 ? '' : ratio > 0 ? 'up' : 'down');

export class ListRow {
  readonly element: HTMLElement;
  private readonly cells: Record<'symbol' | 'last' | 'change' | 'state' | 'target' | 'posture', Cell>;
  private row: Row | undefined;
  private version = -1;
  private place = -1;
  private top = -1;
  private barMs = 0;

  constructor(readonly id: string) {
    const cell = (name: string): Cell => new Cell(make('span', { role: 'gridcell', class: `c-${name}` }));
    this.cells = {
      symbol: cell('symbol'),
      last: cell('last'),
      change: cell('change'),
      state: cell('state'),
      target: cell('target'),
      posture: cell('posture'),
    };
    this.element = make('div', { role: 'row', class: 'row', id }, ...Object.values(this.cells).map((c) => c.element));
  }

  get shown(): Row | undefined {
    return this.row;
  }

  hide(): void {
    this.row = undefined;
    this.place = -1;
    if (!this.element.hidden) this.element.hidden = true;
  }

  show(row: Row, place: number, top: number, look: { isSelected: boolean; isCursor: boolean; isStale: boolean }): void {
    if (this.element.hidden) this.element.hidden = false;
    if (this.place !== place || this.top !== top) {
      this.place = place;
      this.top = top;
      this.element.style.transform = `translateY(${top}px)`;
      this.element.setAttribute('aria-rowindex', String(place + 2));
    }
    setAttribute(this.element, 'aria-selected', String(look.isSelected));
    this.element.classList.toggle('cursor', look.isCursor);
    this.element.classList.toggle('stale', look.isStale);
    if (this.row === row && this.version === row.version) return;
    const isNewPrice = this.row === row && row.barMs > this.barMs;
    this.row = row;
    this.version = row.version;
    this.barMs = row.barMs;
    this.write(row);
    if (isNewPrice && row.tick !== 0) this.flash(row.tick);
  }

  private write(row: Row): void {
    const ratio = changeRatio(row.last, row.base);
    const look = stateLook(row.state);
    this.cells.symbol.set(row.symbol);
    this.cells.last.set(price(row.last, row.decimals));
    this.cells.change.set(percent(ratio), ratioMood(ratio));
    this.cells.state.set(look ? `${look.sign} ${look.name}` : dash, look?.className);
    this.cells.target.set(row.hold ? 'hold' : signed(row.target, 3), row.hold ? 'muted' : ratioMood(row.target));
    const gate = row.gateOpen === null ? '' : row.gateOpen ? '● ' : '○ ';
    const posture = shortPosture(row.posture);
    this.cells.posture.set(posture === '' ? dash : gate + posture, posture === 'OBSERVE' ? 'muted' : '');
  }

  private flash(tick: number): void {
    if (wantsCalm()) return;
    const from = `var(--flash-${tick > 0 ? 'up' : 'down'})`;
    this.cells.last.element.animate([{ backgroundColor: from }, { backgroundColor: 'transparent' }], { duration: 700 });
  }
}
