// A box for a query over the live database, and a table of what it gives.
import { getQuery } from './api';
import { byId, make } from './dom';
import { count } from './format';
import { asCsv, mostRowsShown, resultTable } from './result_table';
import type { QueryAnswer } from './types';

const quoted = (symbol: string): string => `'${symbol.replaceAll("'", "''")}'`;

const newest = (table: string, symbol: string): string =>
  `SELECT * FROM ${table} WHERE symbol = ${quoted(symbol)} ORDER BY timestamp DESC LIMIT 100`;

const examples: [string, (symbol: string) => string][] = [
  ['Newest bars', (symbol) => newest('ohlc_1s', symbol)],
  ['Newest decisions', (symbol) => newest('stream_actions', symbol)],
  ['Newest action of each symbol', () => 'SELECT * FROM stream_actions_latest ORDER BY symbol'],
  [
    'Bars, volume and range of each symbol',
    () =>
      'SELECT symbol, count(*) AS bars, sum(volume) AS volume, min(low) AS low, max(high) AS high,\n' +
      '  max(timestamp) AS newest\nFROM ohlc_1s GROUP BY symbol ORDER BY bars DESC',
  ],
  [
    'Minutes',
    (symbol) =>
      "SELECT time_bucket(INTERVAL '1 minute', timestamp) AS minute, arg_min(open, timestamp) AS open,\n" +
      '  max(high) AS high, min(low) AS low, arg_max(close, timestamp) AS close, sum(volume) AS volume\n' +
      `FROM ohlc_1s WHERE symbol = ${quoted(symbol)}\n` +
      'GROUP BY minute ORDER BY minute DESC LIMIT 60',
  ],
];

export class SqlBox {
  private readonly input: HTMLTextAreaElement;
  private readonly run = make('button', { type: 'submit', class: 'primary' }, 'Run');
  private readonly copy = make('button', { type: 'button', disabled: '' }, 'Copy as CSV');
  private readonly status = make('output', { class: 'sql-status' }, 'Read-only; one statement.');
  private readonly result = make('div', {
    class: 'sql-result',
    tabindex: '0',
    role: 'region',
    'aria-label': 'Result of the query',
  });
  private abort: AbortController | undefined;
  private answer: QueryAnswer | undefined;

  constructor(
    private readonly symbol: () => string,
    onClose: () => void,
  ) {
    this.input = make('textarea', { rows: '3', spellcheck: 'false', 'aria-label': 'SQL query', autocapitalize: 'off' });
    const choice = make('select', { 'aria-label': 'Examples' }, make('option', { value: '' }, 'Examples'));
    examples.forEach(([name], i) => choice.append(make('option', { value: String(i) }, name)));
    choice.addEventListener('change', () => {
      const example = examples[Number(choice.value)];
      if (choice.value !== '' && example) this.input.value = example[1](this.symbol());
      choice.value = '';
      this.input.focus();
    });
    const close = make('button', { type: 'button', class: 'close', 'aria-label': 'Close the SQL box' }, '✕');
    close.addEventListener('click', onClose);
    this.copy.addEventListener('click', () => void this.copyCsv());
    const buttons = make('div', { class: 'sql-buttons' }, this.run, choice, this.copy, this.status, close);
    const form = make('form', {}, this.input, buttons);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.ask();
    });
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    this.result.append(make('p', { class: 'muted' }, 'Ctrl+Enter runs the query. The table appears here.'));
    byId('sql').append(form, this.result);
  }

  focus(): void {
    if (this.input.value === '') this.input.value = examples[0]![1](this.symbol());
    this.input.focus();
  }

  // A second press while a query runs gives it up.
  private async ask(): Promise<void> {
    if (this.abort) return this.abort.abort();
    const sql = this.input.value.trim();
    if (sql === '') return;
    const abort = new AbortController();
    this.abort = abort;
    this.run.textContent = 'Stop';
    this.say('Running …');
    const begin = performance.now();
    try {
      const answer = await getQuery(sql, abort.signal);
      this.show(answer, performance.now() - begin);
    } catch (error) {
      if (abort.signal.aborted) this.say('Stopped.');
      else this.say(error instanceof Error ? error.message : String(error), true);
    } finally {
      this.abort = undefined;
      this.run.textContent = 'Run';
    }
  }

  private show(answer: QueryAnswer, milliseconds: number): void {
    this.answer = answer;
    this.copy.disabled = false;
    const { length } = answer.rows;
    const cut = answer.truncated ? ', cut off by the server' : '';
    const shown = length > mostRowsShown ? `, the first ${count(mostRowsShown)} shown` : '';
    this.say(`${count(length)} row${length === 1 ? '' : 's'}${cut}${shown} · ${milliseconds.toFixed(0)} ms`);
    this.result.replaceChildren(
      length > 0 || answer.columns.length > 0 ? resultTable(answer) : make('p', { class: 'muted' }, 'No rows.'),
    );
    this.result.scrollTop = 0;
  }

  private say(text: string, isError = false): void {
    this.status.textContent = text;
    this.status.title = text;
    this.status.classList.toggle('bad', isError);
  }

  private async copyCsv(): Promise<void> {
    if (!this.answer) return;
    try {
      await navigator.clipboard.writeText(asCsv(this.answer));
      this.say('Copied.');
    } catch {
      this.say('The browser does not let the page copy here.', true);
    }
  }
}
