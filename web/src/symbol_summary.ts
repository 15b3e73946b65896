// The head of the charts: what the selected symbol is at now.
import { byId, Cell, make } from './dom';
import { changeRatio, dash, percent, price, signed } from './format';
import type { Row } from './market';
import { stateLook } from './states';
import type { SymbolHistory } from './symbol_history';

export class SymbolSummary {
  private readonly cells: Record<string, Cell> = {};
  private readonly urgency = make('meter', { min: '0', max: '1', value: '0', 'aria-label': 'Urgency' });

  constructor() {
    const box = byId('summary');
    this.cells['symbol'] = new Cell(make('h2', { class: 's-symbol' }));
    this.cells['last'] = new Cell(make('span', { class: 's-last' }));
    this.cells['change'] = new Cell(make('span', { class: 's-change' }));
    const named: [string, string, string][] = [
      ['state', 'State', ''],
      ['target', 'Target', 'Signed exposure of the newest decision: a target, not an execution'],
      ['urgency', 'Urgency', 'How soon, 0 to 1'],
      ['posture', 'Gate · posture', '● the gate is open, ○ it is closed'],
    ];
    box.append(this.cells['symbol'].element, this.cells['last'].element, this.cells['change'].element);
    for (const [key, name, title] of named) {
      const cell = new Cell(make('span', { class: 's-value' }));
      this.cells[key] = cell;
      if (key === 'urgency') cell.element.append(this.urgency);
      const item = make('div', { class: `s-item s-${key}` }, make('span', { class: 's-name' }, name), cell.element);
      if (title !== '') item.title = title;
      box.append(item);
    }
  }

  paint(symbol: string | undefined, row: Row | undefined, history: SymbolHistory | undefined): void {
    const ratio = row ? changeRatio(row.last, row.base) : null;
    const look = stateLook(row?.state);
    const newest = history?.decisions.at(-1);
    const held = history?.pnl.at(-1)?.exposure;
    const set = (key: string, text: string, mood = ''): void => this.cells[key]!.set(text, mood);
    set('symbol', symbol ?? '');
    set('last', row ? price(row.last, row.decimals) : dash);
    set('change', percent(ratio), ratio === null || ratio === 0 ? '' : ratio > 0 ? 'up' : 'down');
    set('state', look ? `${look.sign} ${look.name}` : dash, look?.className);
    const target = row?.hold ? held : row?.target;
    const mood = !target ? '' : target > 0 ? 'up' : 'down';
    set('target', signed(target, 4) + (row?.hold ? ' hold' : ''), mood);
    set('urgency', price(newest?.urgency, 2));
    const urgency = newest?.urgency ?? 0;
    if (this.urgency.value !== urgency) this.urgency.value = urgency;
    set('posture', row?.posture ? `${row.gateOpen ? '●' : '○'} ${row.posture}` : dash);
  }
}
