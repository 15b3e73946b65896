// What stands where the charts would be when there is nothing to draw, and what to do about it.
import { byId, make, setHidden } from './dom';

export class ChartNote {
  private readonly element = byId('chart-note');
  private shown = '';

  hide(): void {
    this.shown = '';
    setHidden(this.element, true);
  }

  loading(): void {
    this.show('loading', 'note skeleton', () => ['Loading']);
  }

  trouble(message: string): void {
    this.show(`trouble ${message}`, 'note', () => [
      make('h2', {}, 'The history could not be read'),
      make('p', {}, message),
      make('p', { class: 'muted' }, 'The page tries again by itself.'),
    ]);
  }

  noBars(port: number): void {
    const host = location.hostname === '' ? 'localhost' : location.hostname;
    const trade = '{"type":"trade","symbol":"BTCUSDT","ts_ms":%s,"price":95473.29,"qty":0.001}';
    const line = `printf '${trade}\\n' $(date +%s000) | nc -N ${host} ${port}`;
    this.show(`none ${host} ${port}`, 'note nothing', () => [
      make('h2', {}, 'No bars yet'),
      make('p', {}, 'Send some:'),
      make('pre', { tabindex: '0' }, line),
      make('p', { class: 'muted' }, 'They appear here within a few seconds.'),
    ]);
  }

  noDecisions(file: string, isWaiting: boolean): void {
    const [title, then] = isWaiting
      ? [`Waiting for ${file}`, 'It is read as soon as it is there.']
      : [`No decision in ${file} yet`, 'Decisions appear here as they are written.'];
    this.show(title, 'note nothing', () => [make('h2', {}, title), make('p', { class: 'muted' }, then)]);
  }

  private show(what: string, className: string, content: () => (Node | string)[]): void {
    if (this.shown === what) return;
    this.shown = what;
    this.element.className = className;
    this.element.replaceChildren(...content());
    setHidden(this.element, false);
  }
}
