// The list of symbols. Only the lines in sight are on the page, so thousands of symbols cost what thirty do.
import { byId, make, setAttribute } from './dom';
import { arrange, type Column, type Order } from './list_order';
import { ListRow } from './list_row';
import type { Market, Row } from './market';

const columns: [Column, string, string][] = [
  ['symbol', 'Symbol', 'Symbol'],
  ['last', 'Last', 'The newest close'],
  ['change', '24 h', 'Change over the last 24 hours, or since the first close in them'],
  ['state', 'State', 'Triadic state of the newest decision'],
  ['target', 'Target', 'Signed target exposure, not an execution'],
  ['posture', 'Posture', 'Posture, and the gate: ● open, ○ closed'],
];

const spare = 4; // lines above and below what is in sight
const staleMs = 60_000;
const arrangeEveryMs = 2000;

export class SymbolList {
  private readonly grid = byId('list');
  private readonly view = byId('list-view');
  private readonly space = byId('list-space');
  private readonly countText = byId('symbol-count');
  private readonly pool: ListRow[] = [];
  private readonly heads = new Map<Column, HTMLElement>();
  private rows: Row[] = [];
  private filter = '';
  private order: Order = { column: 'symbol', descending: false };
  private cursor: string | undefined;
  private selected: string | undefined;
  private height = 0;
  private rowHeight = 26; // that of the style sheet
  private arrangedMs = 0;
  private mustArrange = true;
  private isPointerOver = false;

  constructor(
    private readonly market: Market,
    private readonly onSelect: (symbol: string) => void,
    private readonly ask: () => void,
  ) {
    this.makeHead();
    this.view.addEventListener('scroll', ask, { passive: true });
    this.view.addEventListener('click', (event) => this.click(event));
    this.view.addEventListener('pointerenter', () => (this.isPointerOver = true));
    this.view.addEventListener('pointerleave', () => (this.isPointerOver = false));
    this.grid.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => {
      this.height = this.view.clientHeight;
      this.rowHeight = parseFloat(getComputedStyle(this.grid).getPropertyValue('--row')) || 26;
      this.mustArrange = true;
      ask();
    }).observe(this.view);
  }

  get first(): string | undefined {
    return this.rows[0]?.symbol;
  }

  focus(): void {
    this.cursor ??= this.selected ?? this.first;
    this.grid.focus({ preventScroll: true });
    this.ask();
  }

  setFilter(filter: string): void {
    this.filter = filter;
    this.mustArrange = true;
    this.view.scrollTop = 0;
    this.cursor = undefined;
    this.ask();
  }

  select(symbol: string): void {
    this.selected = symbol;
    this.ask();
  }

  // The first symbol that the filter leaves.
  openFirst(): void {
    this.arrangeIfDue();
    if (this.first !== undefined) this.onSelect(this.first);
  }

  paint(): void {
    this.arrangeIfDue();
    const { rowHeight } = this;
    const top = this.view.scrollTop;
    const from = Math.max(0, Math.floor(top / rowHeight) - spare);
    const to = Math.min(this.rows.length, Math.ceil((top + this.height) / rowHeight) + spare);
    while (this.pool.length < to - from) {
      const row = new ListRow(`row-${this.pool.length}`);
      this.pool.push(row);
      this.space.append(row.element);
    }
    const used = new Set<number>();
    const stale = this.market.newestMs - staleMs;
    let active = '';
    for (let place = from; place < to; ++place) {
      const slot = place % this.pool.length;
      const row = this.rows[place]!;
      const isCursor = row.symbol === this.cursor;
      used.add(slot);
      const isSelected = row.symbol === this.selected;
      this.pool[slot]!.show(row, place, place * rowHeight, { isSelected, isCursor, isStale: row.barMs < stale });
      if (isCursor) active = this.pool[slot]!.id;
    }
    this.pool.forEach((row, slot) => used.has(slot) || row.hide());
    setAttribute(this.grid, 'aria-activedescendant', active);
  }

  private arrangeIfDue(): void {
    const now = performance.now();
    const isLive = this.order.column !== 'symbol' && !this.isPointerOver && now - this.arrangedMs > arrangeEveryMs;
    if (!this.market.takeSymbolsChanged() && !this.mustArrange && !isLive) return;
    this.mustArrange = false;
    this.arrangedMs = now;
    this.rows = arrange(this.market.rows(), this.filter, this.order);
    this.space.style.height = `${this.rows.length * this.rowHeight}px`;
    setAttribute(this.grid, 'aria-rowcount', String(this.rows.length + 1));
    const all = this.market.size;
    this.countText.textContent = this.rows.length === all ? `${all}` : `${this.rows.length} of ${all}`;
  }

  private makeHead(): void {
    const head = byId('list-head');
    for (const [column, name, title] of columns) {
      const button = make('button', { type: 'button', title, tabindex: '-1' }, name);
      button.addEventListener('click', () => this.sortBy(column));
      const cell = make('span', { role: 'columnheader', class: `c-${column}` }, button);
      this.heads.set(column, cell);
      head.append(cell);
    }
    this.showOrder();
  }

  private sortBy(column: Column): void {
    const isSame = this.order.column === column;
    this.order = { column, descending: isSame ? !this.order.descending : column !== 'symbol' };
    this.mustArrange = true;
    this.showOrder();
    this.ask();
  }

  private showOrder(): void {
    for (const [column, cell] of this.heads) {
      const direction = this.order.descending ? 'descending' : 'ascending';
      setAttribute(cell, 'aria-sort', column === this.order.column ? direction : 'none');
    }
  }

  private click(event: MouseEvent): void {
    const element = (event.target as HTMLElement).closest('.row');
    const row = this.pool.find((candidate) => candidate.element === element)?.shown;
    if (row === undefined) return;
    this.cursor = row.symbol;
    this.onSelect(row.symbol);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.rows.findIndex((row) => row.symbol === (this.cursor ?? this.selected));
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.rows.length - 1,
    };
    if (event.key === 'Enter' && event.target === this.grid) {
      const row = this.rows[at];
      if (row) this.onSelect(row.symbol);
    } else if (event.key in steps) {
      this.moveTo(steps[event.key]!);
    } else {
      return;
    }
    event.preventDefault();
  }

  private moveTo(wanted: number): void {
    if (this.rows.length === 0) return;
    const place = Math.max(0, Math.min(this.rows.length - 1, wanted));
    this.cursor = this.rows[place]!.symbol;
    const { rowHeight } = this;
    const top = place * rowHeight;
    if (top < this.view.scrollTop) this.view.scrollTop = top;
    else if (top + rowHeight > this.view.scrollTop + this.height) this.view.scrollTop = top + rowHeight - this.height;
    this.ask();
  }
}
