// The help: keys, and what is shown.
import { byId, make } from './dom';

const keys: [string, string][] = [
  ['/', 'filter the symbols'],
  ['↑ ↓ PgUp PgDn Home End', 'move in the list'],
  ['Enter', 'show the symbol'],
  ['← → + − End', 'move, zoom, go to now (in the charts)'],
  ['s', 'SQL box; Ctrl+Enter runs'],
  ['t', 'theme: auto, light, dark'],
  ['Esc', 'close'],
  ['?', 'this help'],
];

const notes: [string, string][] = [
  ['Bars', 'One second each, UTC. Hollow candles rise, filled ones fall. Seconds without a bar take no room.'],
  ['Target exposure', 'Direction × exposure that decisions want, in steps; on hold it stays. Targets, not executions.'],
  ['Urgency', 'Bars below the exposure, the size of the markers, and how solid the impulses are.'],
  ['Markers', 'Where the state changes: ▲ BUY, ▼ SELL, ■ FLAT, ● UNKNOWN or PARADOX.'],
  ['Grey bands', 'Posture OBSERVE: the gate is closed.'],
  [
    'PnL',
    'Gross grows by held exposure × change of the close; net is after notional fees and slippage on each change of ' +
      'exposure. From the first loaded decision of which it is known what is held.',
  ],
];

export function makeHelp(): () => void {
  const dialog = byId<HTMLDialogElement>('help');
  const list = (pairs: [string, string][], tag: 'kbd' | 'b'): HTMLElement =>
    make('dl', {}, ...pairs.flatMap(([term, text]) => [make('dt', {}, make(tag, {}, term)), make('dd', {}, text)]));
  const close = make('button', { type: 'button', class: 'primary' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  dialog.append(make('h2', { id: 'help-title' }, 'Keys'), list(keys, 'kbd'));
  dialog.append(make('h2', {}, 'What is shown'), list(notes, 'b'), close);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return () => (dialog.open ? dialog.close() : dialog.showModal());
}
