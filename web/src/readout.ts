// The line above the charts: the bar and the decision of the second under the crosshair, or of the newest.
import { byId, Cell, make } from './dom';
import { amount, count, dash, dateAndTime, price } from './format';
import type { Source } from './source';
import { stateLook } from './states';
import type { SymbolHistory } from './symbol_history';
import type { Bar, Decision } from './types';

interface Moment {
  time: number | undefined;
  bar: Bar | undefined;
  decision: Decision | undefined;
  decimals: number;
}

interface ReadoutPart {
  key: string;
  name: string;
  read: (moment: Moment) => [text: string, mood?: string];
}

const time: ReadoutPart = {
  key: 'time',
  name: '',
  read: (moment) => [moment.time === undefined ? dash : `${dateAndTime(moment.time)} UTC`],
};

const ofBar = (key: 'open' | 'high' | 'low' | 'close', name: string): ReadoutPart => ({
  key,
  name,
  read: ({ bar, decimals }) => [price(bar?.[key], decimals), bar ? (bar.close >= bar.open ? 'up' : 'down') : ''],
});

const why: ReadoutPart = {
  key: 'why',
  name: '',
  read: ({ decision }) => {
    const look = stateLook(decision?.state);
    return [decision && look ? `${look.sign} ${decision.reason}` : ''];
  },
};

const parts: Record<Source, readonly ReadoutPart[]> = {
  daemon: [
    time,
    ofBar('open', 'O'),
    ofBar('high', 'H'),
    ofBar('low', 'L'),
    ofBar('close', 'C'),
    { key: 'volume', name: 'Vol', read: ({ bar }) => [amount(bar?.volume)] },
    { key: 'trades', name: 'Trades', read: ({ bar }) => [count(bar?.trades)] },
    why,
  ],
  file: [time, { key: 'close', name: 'Close', read: ({ bar, decimals }) => [price(bar?.close, decimals)] }, why],
};

export class Readout {
  private cells: { part: ReadoutPart; cell: Cell }[] = [];

  setSource(source: Source): void {
    this.cells = parts[source].map((part) => ({ part, cell: new Cell(make('b', { class: `r-value r-${part.key}` })) }));
    byId('readout').replaceChildren(
      ...this.cells.map(({ part: { name }, cell }) => make('span', {}, name === '' ? '' : `${name} `, cell.element)),
    );
  }

  paint(history: SymbolHistory | undefined, hovered: number | undefined, decimals: number): void {
    const bar = hovered === undefined ? history?.bars.at(-1) : history?.barAt(hovered);
    const second = bar?.time ?? hovered;
    const decision = second === undefined ? undefined : history?.decisionAt(second)?.decision;
    const moment = { time: second, bar, decision, decimals };
    for (const { part, cell } of this.cells) cell.set(...part.read(moment));
  }
}
