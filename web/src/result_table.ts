// A table of what a query gave.
import { make } from './dom';
import type { QueryAnswer } from './types';

export const mostRowsShown = 1000;

const isNumeric = (type: string): boolean =>
  /INT|DOUBLE|FLOAT|DECIMAL|REAL|NUMERIC/i.test(type) && !/\[|STRUCT|MAP/i.test(type);

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function resultTable(answer: QueryAnswer): HTMLTableElement {
  const right = answer.columns.map(({ type }) => isNumeric(type));
  const head = make('tr');
  answer.columns.forEach(({ name, type }, i) => {
    head.append(make('th', { scope: 'col', title: type, class: right[i] ? 'number' : '' }, name));
  });
  const body = make('tbody');
  for (const row of answer.rows.slice(0, mostRowsShown)) {
    const line = make('tr');
    row.forEach((value, i) => {
      const isNull = value === null || value === undefined;
      const name = `${right[i] ? 'number' : ''}${isNull ? ' null' : ''}`.trim();
      line.append(make('td', name === '' ? {} : { class: name }, cellText(value)));
    });
    body.append(line);
  }
  return make('table', {}, make('thead', {}, head), body);
}

export function asCsv({ columns, rows }: QueryAnswer): string {
  const field = (value: unknown): string => {
    if (value === null || value === undefined) return '';
    const text = cellText(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(({ name }) => name), ...rows].map((row) => row.map(field).join(',')).join('\n') + '\n';
}
