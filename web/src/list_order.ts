// Which rows the list shows, and in what order.
import { changeRatio } from './format';
import type { Row } from './market';

export type Column = 'symbol' | 'last' | 'change' | 'state' | 'target' | 'posture';
export interface Order {
  column: Column;
  descending: boolean;
}

const keys: Record<Exclude<Column, 'symbol'>, (row: Row) => number | null> = {
  last: (row) => (Number.isFinite(row.last) ? row.last : null),
  change: (row) => changeRatio(row.last, row.base),
  state: (row) => row.state,
  target: (row) => row.target,
  posture: (row) => (row.posture === null ? null : (row.posture === 'TRADE_NORMAL' ? 2 : 0) + (row.gateOpen ? 1 : 0)),
};

export function arrange(rows: readonly Row[], filter: string, order: Order): Row[] {
  const wanted = filter.trim().toUpperCase();
  const shown = wanted === '' ? [...rows] : rows.filter((row) => row.symbol.toUpperCase().includes(wanted));
  const byName = (a: Row, b: Row): number => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
  const sign = order.descending ? -1 : 1;
  if (order.column === 'symbol') return shown.sort((a, b) => sign * byName(a, b));
  const key = keys[order.column];
  const valued = shown.map((row) => ({ row, value: key(row) }));
  valued.sort((a, b) => {
    const isNull = [Number(a.value === null), Number(b.value === null)] as const;
    return isNull[0] - isNull[1] || sign * ((a.value ?? 0) - (b.value ?? 0)) || byName(a.row, b.row);
  });
  return valued.map(({ row }) => row);
}
